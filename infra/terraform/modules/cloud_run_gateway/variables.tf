variable "project_id" {
  description = "Project of the service."
  type        = string
}

variable "region" {
  description = "Region of the service."
  type        = string
  default     = "us-central1"
}

variable "service_name" {
  description = "Name of the HTTP service. The gRPC service, if there is one, has -grpc behind it."
  type        = string
}

variable "image" {
  description = "Image of the first revision. Later ones are the rollout's: changing this changes nothing."
  type        = string
}

variable "service_account_email" {
  description = "Account that the gateway runs as."
  type        = string
}

variable "invokers" {
  description = "Emails of the service accounts that may call the gateway. Nobody else may."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.invokers : can(regex("^[a-z0-9-]+@[a-z0-9.-]+\\.gserviceaccount\\.com$", email))])
    error_message = "invokers are emails of service accounts, such as sa-agent@my-project.iam.gserviceaccount.com: a gateway has no public callers."
  }
}

variable "tenant" {
  description = "Tenant whose sessions the invokers see."
  type        = string
  default     = "agent"
}

variable "ingress" {
  description = "Networks that requests may come from. INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER behind a load balancer."
  type        = string
  default     = "INGRESS_TRAFFIC_ALL"

  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], var.ingress)
    error_message = "ingress is INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY or INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER."
  }
}

variable "custom_audiences" {
  description = "Audiences of identity tokens beside the output gateway_url: the address of a load balancer in front, other addresses of the service."
  type        = list(string)
  default     = []
}

variable "env" {
  description = "Variables of the gateway, by name. None of them is a secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.env), "PORT")
    error_message = "PORT is Cloud Run's to set."
  }
}

variable "secrets" {
  description = "Variables of the gateway that Secret Manager keeps: name of the variable to secret and version."
  type = map(object({
    secret  = string
    version = optional(string, "latest")
  }))
  default = {}
}

variable "min_instances" {
  description = "Instances that are always there. With 0 the first request after a pause waits for one to start."
  type        = number
  default     = 0
}

variable "max_instances" {
  description = "Instances at most. Each uses up to 18 connections to PostgreSQL."
  type        = number
  default     = 10
}

variable "cpu" {
  description = "CPUs of an instance, always allocated."
  type        = string
  default     = "1"
}

variable "memory" {
  description = "Memory of an instance."
  type        = string
  default     = "512Mi"
}

variable "concurrency" {
  description = "Requests at a time in an instance. A stream is one for as long as it lasts, and mostly waits."
  type        = number
  default     = 250
}

variable "network" {
  description = "Network and subnetwork by which the gateway reaches private addresses (Direct VPC egress); null for none."
  type = object({
    network    = string
    subnetwork = string
  })
  default = null
}

variable "startup_probe" {
  description = "When a new instance is asked first, how long an answer may take, how often it is asked and how often in vain, in seconds."
  type = object({
    initial_delay_seconds = optional(number, 10)
    timeout_seconds       = optional(number, 3)
    period_seconds        = optional(number, 5)
    failure_threshold     = optional(number, 3)
  })
  default = {}
}

variable "liveness_probe" {
  description = "The same for an instance that has started: failing, it is replaced."
  type = object({
    initial_delay_seconds = optional(number, 30)
    timeout_seconds       = optional(number, 3)
    period_seconds        = optional(number, 10)
    failure_threshold     = optional(number, 3)
  })
  default = {}
}

variable "metrics_sidecar_image" {
  description = "Image that collects the metrics of the HTTP service for Managed Prometheus; empty for none. The gateway's account then needs roles/monitoring.metricWriter."
  type        = string
  default     = ""
}

variable "grpc_enabled" {
  description = "Whether there is a second service, from the same image, for gRPC. It is always there, at least one instance of it, and its images are not the rollout's of the first."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service."
  type        = bool
  default     = true
}
