# One region, cheap: no instance while nobody asks, the smallest database.
module "agent_engine" {
  source = "../../modules/agent_engine"

  project_id = var.project_id
  region     = var.region
  engine_id  = var.engine_id
}

module "network" {
  source = "../../modules/network"

  project_id = var.project_id
  regions    = { (var.region) = "10.10.0.0/24" }
}

module "database" {
  source = "../../modules/database"

  project_id          = var.project_id
  region              = var.region
  network_id          = module.network.network_id
  tier                = "db-g1-small"
  max_connections     = 250
  deletion_protection = false
}

module "identity" {
  source = "../../modules/identity"

  project_id     = var.project_id
  deployer_email = var.deployer_email
  secrets        = [module.database.connection_secret]
}

module "gateway" {
  source = "../../modules/cloud_run_gateway"

  project_id            = var.project_id
  region                = var.region
  service_name          = "gateway-service"
  image                 = var.image
  service_account_email = module.identity.gateway_email
  invokers              = [module.identity.agent_email]
  custom_audiences      = var.audiences
  deletion_protection   = false

  network = {
    network    = module.network.network_id
    subnetwork = module.network.subnetwork_ids[var.region]
  }

  env = {
    ENGINE_MODE       = "agent_engine"
    PROJECT_ID        = var.project_id
    LOCATION          = var.region
    AGENT_ENGINE_ID   = module.agent_engine.agent_engine_id
    AGENT_ENGINE_NAME = module.agent_engine.agent_engine_name
    Sluice__Host      = "Replicas"
  }

  secrets = {
    ConnectionStrings__Postgres = {
      secret  = module.database.connection_secret
      version = module.database.connection_secret_version
    }
  }
}
