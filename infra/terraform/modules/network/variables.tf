variable "project_id" {
  description = "Project of the network."
  type        = string
}

variable "name" {
  description = "Name of the network."
  type        = string
  default     = "sluice"
}

variable "regions" {
  description = "A range of addresses for each region. Cloud Run takes up to two addresses an instance while revisions are replaced: /24 is enough for a hundred."
  type        = map(string)
}
