terraform {
  required_version = "~> 1.11"

  # The bucket is named at init, since it differs from project to project: terraform init -backend-config=bucket=...
  backend "gcs" {
    prefix = "sluice/dev"
  }

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "6.50.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.7.2"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
}
