output "gateway_url" {
  description = "Where callers ask, and the audience of their tokens."
  value       = module.load_balancer.url
}

output "ip_address" {
  description = "Where the domain has to lead."
  value       = module.load_balancer.ip_address
}

output "gateway_urls" {
  description = "Where the gateway of each region answers."
  value       = { for region, gateway in module.gateway : region => gateway.gateway_url }
}

output "grpc_urls" {
  description = "Where gRPC is spoken in each region, and the audience of its callers' tokens; null without."
  value       = { for region, gateway in module.gateway : region => gateway.grpc_url }
}

output "agent_engine_id" {
  description = "Bare id of the engine of each region."
  value       = { for region, engine in module.agent_engine : region => engine.agent_engine_id }
}

output "agent_engine_name" {
  description = "Full resource name of the engine of each region."
  value       = { for region, engine in module.agent_engine : region => engine.agent_engine_name }
}

output "agent_email" {
  description = "The account that may call the gateway."
  value       = module.identity.agent_email
}
