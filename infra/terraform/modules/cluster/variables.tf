variable "project_id" {
  description = "Project of the cluster."
  type        = string
}

variable "region" {
  description = "Region of the cluster."
  type        = string
  default     = "us-central1"
}

variable "name" {
  description = "Name of the cluster."
  type        = string
  default     = "sluice"
}

variable "network_id" {
  description = "Network of the pods. Gateways on Cloud Run that are to reach silos are in it too."
  type        = string
}

variable "subnetwork_id" {
  description = "Subnetwork of the pods, in the cluster's region."
  type        = string
}

variable "gateway_email" {
  description = "Account of the gateway, which the silos' pods run as."
  type        = string
}

variable "namespace" {
  description = "Namespace of the silos, and name of their Kubernetes service account."
  type        = string
  default     = "sluice"
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the cluster."
  type        = bool
  default     = true
}
