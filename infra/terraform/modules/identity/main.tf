# Who calls the gateway. It has no role in the project: all it can do is what a service grants it, and the gateway is the only one that does.
resource "google_service_account" "agent" {
  project      = var.project_id
  account_id   = "sa-agent"
  display_name = "Agent: calls the gateway, and nothing else"
}

# Who the gateway is. Everything that it may do in the project is in the list below.
resource "google_service_account" "gateway" {
  project      = var.project_id
  account_id   = "sa-gateway"
  display_name = "Gateway: calls the engine"
}

locals {
  gateway_roles = toset(concat(
    [
      "roles/aiplatform.user",
      "roles/cloudtrace.agent",
      # The OTLP endpoint of Cloud Trace counts quota against the project.
      "roles/serviceusage.serviceUsageConsumer",
    ],
    var.writes_metrics ? ["roles/monitoring.metricWriter"] : [],
  ))
}

resource "google_project_iam_member" "gateway" {
  for_each = local.gateway_roles

  project = var.project_id
  role    = each.value
  member  = google_service_account.gateway.member
}

resource "google_secret_manager_secret_iam_member" "gateway" {
  for_each = toset(var.secrets)

  project   = var.project_id
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.gateway.member
}

resource "google_service_account_iam_member" "deployer_acts_as_gateway" {
  count = var.deployer_email == "" ? 0 : 1

  service_account_id = google_service_account.gateway.name
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${var.deployer_email}"
}

resource "google_service_account_iam_member" "deployer_calls_as_agent" {
  count = var.deployer_email == "" ? 0 : 1

  service_account_id = google_service_account.agent.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = "serviceAccount:${var.deployer_email}"
}
