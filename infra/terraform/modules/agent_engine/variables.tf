variable "project_id" {
  description = "Project of the engine."
  type        = string
}

variable "region" {
  description = "Location of the engine."
  type        = string
  default     = "us-central1"
}

variable "engine_id" {
  description = "Bare id of the engine: the last part of its resource name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,63}$", var.engine_id))
    error_message = "engine_id is a bare id of letters, digits, - and _, not a resource name."
  }
}
