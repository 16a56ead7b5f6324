variable "project_id" {
  description = "Project of the database."
  type        = string
}

variable "region" {
  description = "Region of the primary. Gateways elsewhere reach it, and wait for the way there twice a turn."
  type        = string
  default     = "us-central1"
}

variable "name" {
  description = "Name of the instance and of its secret. Cloud SQL keeps the name of a deleted instance for a week."
  type        = string
  default     = "sluice"
}

variable "network_id" {
  description = "Network in which the database has its only address."
  type        = string
}

variable "tier" {
  description = "Machine of the instance."
  type        = string
  default     = "db-custom-1-3840"
}

variable "highly_available" {
  description = "Whether a second zone stands by."
  type        = bool
  default     = false
}

variable "max_connections" {
  description = "Connections that PostgreSQL allows: 18 for each gateway, those that are being replaced included, and some for people."
  type        = number
  default     = 400
}

variable "password_version" {
  description = "Another number gives the gateway's user another password, and the secret another version; gateways take it at their next start."
  type        = number
  default     = 1
}

variable "deletion_protection" {
  description = "Whether Terraform and Cloud SQL refuse to delete the instance."
  type        = bool
  default     = true
}
