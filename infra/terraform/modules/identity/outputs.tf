output "agent_email" {
  description = "Account that may call the gateway."
  value       = google_service_account.agent.email
}

output "gateway_email" {
  description = "Account that the gateway runs as."
  value       = google_service_account.gateway.email

  # A service that starts before it may read its secrets does not start.
  depends_on = [google_project_iam_member.gateway, google_secret_manager_secret_iam_member.gateway]
}
