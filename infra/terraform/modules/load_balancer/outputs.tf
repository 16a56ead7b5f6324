output "ip_address" {
  description = "Where the domain has to lead."
  value       = google_compute_global_address.this.address
}

output "url" {
  description = "Where callers ask, and the audience of their tokens."
  value       = "https://${var.domain}"
}
