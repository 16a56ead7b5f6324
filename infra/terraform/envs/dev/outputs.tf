output "gateway_url" {
  description = "Where the gateway answers."
  value       = module.gateway.gateway_url
}

output "agent_engine_id" {
  description = "Bare id of the engine."
  value       = module.agent_engine.agent_engine_id
}

output "agent_engine_name" {
  description = "Full resource name of the engine."
  value       = module.agent_engine.agent_engine_name
}

output "agent_email" {
  description = "The account that may call the gateway."
  value       = module.identity.agent_email
}
