variable "project_id" {
  description = "Project of everything here."
  type        = string
}

variable "region" {
  description = "Region of the gateway, its database and the engine."
  type        = string
  default     = "us-central1"
}

variable "engine_id" {
  description = "Bare id of the engine."
  type        = string
}

variable "image" {
  description = "Image of the first revision; the rollout brings the later ones."
  type        = string
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
