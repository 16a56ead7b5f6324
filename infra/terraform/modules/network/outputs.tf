output "network_id" {
  description = "The network, with its way to Google's services."
  value       = google_compute_network.this.id

  depends_on = [google_service_networking_connection.services]
}

output "subnetwork_ids" {
  description = "The subnetwork of each region."
  value       = { for region, subnetwork in google_compute_subnetwork.region : region => subnetwork.id }
}
