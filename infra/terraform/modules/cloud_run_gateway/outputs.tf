output "gateway_url" {
  description = "Where the gateway answers."
  value       = google_cloud_run_v2_service.face["http"].uri
}

output "service_name" {
  description = "Name of the HTTP service."
  value       = google_cloud_run_v2_service.face["http"].name
}

output "service_account_email" {
  description = "Account that the gateway runs as."
  value       = var.service_account_email
}

output "grpc_url" {
  description = "Where the gRPC face answers; null without one."
  value       = one([for key, face in google_cloud_run_v2_service.face : face.uri if key == "grpc"])
}
