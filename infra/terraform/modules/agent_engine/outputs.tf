output "agent_engine_id" {
  description = "Bare id of the engine."
  value       = var.engine_id
}

output "agent_engine_name" {
  description = "Full resource name of the engine."
  value       = "projects/${var.project_id}/locations/${var.region}/reasoningEngines/${var.engine_id}"
}
