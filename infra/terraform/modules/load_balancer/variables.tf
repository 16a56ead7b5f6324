variable "project_id" {
  description = "Project of the load balancer."
  type        = string
}

variable "name" {
  description = "Name of everything that belongs to it."
  type        = string
  default     = "sluice"
}

variable "domain" {
  description = "Name that callers use. Its A record has to lead to the output ip_address before the certificate is issued."
  type        = string
}

variable "services" {
  description = "Name of the Cloud Run service in each region."
  type        = map(string)
}
