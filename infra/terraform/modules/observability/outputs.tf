output "dashboard_id" {
  description = "The dashboard."
  value       = google_monitoring_dashboard.this.id
}

output "alert_policy_names" {
  description = "The alert policies."
  value = [
    google_monitoring_alert_policy.errors.name,
    google_monitoring_alert_policy.latency.name,
    google_monitoring_alert_policy.defects.name,
  ]
}
