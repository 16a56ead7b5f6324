# A gateway in each region behind one address, one database for all of them, so that a turn is found wherever its client comes back.
locals {
  service_name    = "gateway-service"
  metrics_sidecar = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.2.0"

  # The engine next to a gateway first; the others stand in for it.
  engine_order = { for region in keys(var.regions) : region => concat([region], [for other in keys(var.regions) : other if other != region]) }
}

module "agent_engine" {
  source   = "../../modules/agent_engine"
  for_each = var.regions

  project_id = var.project_id
  region     = each.key
  engine_id  = each.value.engine_id
}

module "network" {
  source = "../../modules/network"

  project_id = var.project_id
  regions    = { for region, described in var.regions : region => described.addresses }
}

module "database" {
  source = "../../modules/database"

  project_id       = var.project_id
  region           = var.primary_region
  network_id       = module.network.network_id
  tier             = "db-custom-8-53248"
  highly_available = true
  max_connections  = 18 * var.max_instances * length(var.regions) * (var.grpc_enabled ? 2 : 1) + 50
}

module "identity" {
  source = "../../modules/identity"

  project_id     = var.project_id
  deployer_email = var.deployer_email
  secrets        = [module.database.connection_secret]
  writes_metrics = true
}

module "gateway" {
  source   = "../../modules/cloud_run_gateway"
  for_each = var.regions

  project_id            = var.project_id
  region                = each.key
  service_name          = local.service_name
  image                 = var.image
  service_account_email = module.identity.gateway_email
  invokers              = [module.identity.agent_email]
  # Open to every network, so that a rollout can try a revision at its own address; who may call is said by invokers.
  ingress               = "INGRESS_TRAFFIC_ALL"
  custom_audiences      = concat(["https://${var.domain}"], var.audiences)
  min_instances         = 1
  max_instances         = var.max_instances
  cpu                   = "2"
  memory                = "1Gi"
  metrics_sidecar_image = local.metrics_sidecar
  grpc_enabled          = var.grpc_enabled

  # A gateway is ready within a second: the first question need not wait ten.
  startup_probe = { initial_delay_seconds = 0, timeout_seconds = 3, period_seconds = 3, failure_threshold = 10 }

  network = {
    network    = module.network.network_id
    subnetwork = module.network.subnetwork_ids[each.key]
  }

  env = merge(
    {
      ENGINE_MODE  = "agent_engine"
      PROJECT_ID   = var.project_id
      LOCATION     = each.key
      Sluice__Host = "Replicas"
    },
    {
      for place, region in local.engine_order[each.key] :
      "Sluice__Engines__default__Regions__${place}__Name" => module.agent_engine[region].agent_engine_name
    },
  )

  secrets = {
    ConnectionStrings__Postgres = {
      secret  = module.database.connection_secret
      version = module.database.connection_secret_version
    }
  }
}

module "load_balancer" {
  source = "../../modules/load_balancer"

  project_id = var.project_id
  domain     = var.domain
  services   = { for region, gateway in module.gateway : region => gateway.service_name }
}

module "cluster" {
  source = "../../modules/cluster"
  count  = var.silos_enabled ? 1 : 0

  project_id    = var.project_id
  region        = var.primary_region
  network_id    = module.network.network_id
  subnetwork_id = module.network.subnetwork_ids[var.primary_region]
  gateway_email = module.identity.gateway_email
}

module "observability" {
  source = "../../modules/observability"

  project_id            = var.project_id
  service_name          = local.service_name
  notification_channels = var.notification_channels
  billing_account       = var.billing_account
}
