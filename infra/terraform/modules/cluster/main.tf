# Silos have to reach one another, which instances of a Cloud Run service cannot: they live in pods. In front of them are the silos themselves, which are whole
# gateways, or Cloud Run, which reaches pods by their addresses in the same network.
resource "google_container_cluster" "silos" {
  project             = var.project_id
  location            = var.region
  name                = var.name
  network             = var.network_id
  subnetwork          = var.subnetwork_id
  enable_autopilot    = true
  deletion_protection = var.deletion_protection

  private_cluster_config {
    enable_private_nodes = true
  }

  # Pods have addresses of the network.
  ip_allocation_policy {}

  release_channel {
    channel = "REGULAR"
  }
}

# Pods of that service account are the gateway to Google: no key exists.
resource "google_service_account_iam_member" "silos_act_as_gateway" {
  service_account_id = "projects/${var.project_id}/serviceAccounts/${var.gateway_email}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project_id}.svc.id.goog[${var.namespace}/${var.namespace}]"

  # The pool of identities comes with the first cluster.
  depends_on = [google_container_cluster.silos]
}
