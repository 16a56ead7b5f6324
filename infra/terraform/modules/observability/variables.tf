variable "project_id" {
  description = "Project of the gateway."
  type        = string
}

variable "service_name" {
  description = "Name of the gateway's Cloud Run services, the same in every region."
  type        = string
}

variable "notification_channels" {
  description = "Channels that alerts and the budget go to (projects/{p}/notificationChannels/{id})."
  type        = list(string)
  default     = []
}

variable "billing_account" {
  description = "Billing account of the budget; empty for none."
  type        = string
  default     = ""
}

variable "budget_usd" {
  description = "What the project may cost a month, in US dollars. Told at 80 and at 100 per cent."
  type        = number
  default     = 300
}
