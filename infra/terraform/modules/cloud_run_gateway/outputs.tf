output "gateway_url" {
  description = "Where the gateway answers, and the audience of its callers' tokens."
  value       = local.urls["http"]

  depends_on = [google_cloud_run_v2_service.face]
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
  value       = try(local.urls["grpc"], null)

  depends_on = [google_cloud_run_v2_service.face]
}
