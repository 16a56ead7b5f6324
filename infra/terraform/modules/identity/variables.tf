variable "project_id" {
  description = "Project of both accounts."
  type        = string
}

variable "deployer_email" {
  description = "Account that rolls the gateway out; empty for none. It may deploy as the gateway's account and ask for identity tokens of the agent's, with which it tries a new revision."
  type        = string
  default     = ""
}

variable "secrets" {
  description = "Ids of the secrets in Secret Manager that the gateway may read."
  type        = list(string)
  default     = []
}

variable "writes_metrics" {
  description = "Whether a sidecar of the gateway writes its metrics to Managed Prometheus."
  type        = bool
  default     = false
}
