variable "project_id" {
  description = "Project of everything here."
  type        = string
}

variable "regions" {
  description = "Regions with a gateway: the engine there, and the addresses that gateways and pods may have. The same agent in each, deployed once a region."
  type = map(object({
    engine_id = string
    addresses = string
  }))

  validation {
    condition     = length(var.regions) > 0
    error_message = "regions has at least one region."
  }
}

variable "primary_region" {
  description = "The one of the regions that has the database, and the silos if there are any."
  type        = string

  validation {
    condition     = contains(keys(var.regions), var.primary_region)
    error_message = "primary_region is one of regions."
  }
}

variable "domain" {
  description = "Name that callers use for all regions."
  type        = string
}

variable "image" {
  description = "Image of the first revision; the rollout brings the later ones."
  type        = string
}

variable "max_instances" {
  description = "Instances at most, in each region. The database has room for the connections of all of them."
  type        = number
  default     = 100
}

variable "audiences" {
  description = "Audiences of identity tokens beside the output gateway_url, such as the address of the service with a hash in it, which gcloud tells."
  type        = list(string)
  default     = []
}

variable "deployer_email" {
  description = "Account that rolls out; empty for none."
  type        = string
  default     = ""
}

variable "grpc_enabled" {
  description = "Whether there is a service for gRPC in each region beside the one for HTTP, of the same sessions. It is not behind the load balancer."
  type        = bool
  default     = false
}

variable "silos_enabled" {
  description = "Whether there is a cluster for silos beside Cloud Run."
  type        = bool
  default     = false
}

variable "notification_channels" {
  description = "Channels that alerts and the budget go to."
  type        = list(string)
  default     = []
}

variable "billing_account" {
  description = "Billing account of the budget; empty for none."
  type        = string
  default     = ""
}
