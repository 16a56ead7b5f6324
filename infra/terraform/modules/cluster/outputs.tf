output "cluster_name" {
  description = "For gcloud container clusters get-credentials."
  value       = google_container_cluster.silos.name
}

output "pod_range" {
  description = "Addresses of the pods."
  value       = google_container_cluster.silos.cluster_ipv4_cidr
}
