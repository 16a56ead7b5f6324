# One address for all regions: a caller gets to the nearest. Cloud Run says there who may call.
resource "google_compute_global_address" "this" {
  project = var.project_id
  name    = var.name
}

resource "google_compute_region_network_endpoint_group" "gateway" {
  for_each = var.services

  project               = var.project_id
  region                = each.key
  name                  = "${var.name}-${each.key}"
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.value
  }
}

resource "google_compute_backend_service" "this" {
  project               = var.project_id
  name                  = var.name
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"

  dynamic "backend" {
    for_each = google_compute_region_network_endpoint_group.gateway

    content {
      group = backend.value.id
    }
  }

  # A serverless backend has no health checks: a region that answers five times in a row with 5xx gets no requests for half a minute. Never all regions.
  outlier_detection {
    consecutive_errors           = 5
    enforcing_consecutive_errors = 100
    max_ejection_percent         = 50

    base_ejection_time {
      seconds = 30
    }

    interval {
      seconds = 10
    }
  }

  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_compute_url_map" "this" {
  project         = var.project_id
  name            = var.name
  default_service = google_compute_backend_service.this.id
}

resource "google_compute_managed_ssl_certificate" "this" {
  project = var.project_id
  name    = var.name

  managed {
    domains = [var.domain]
  }
}

resource "google_compute_target_https_proxy" "this" {
  project          = var.project_id
  name             = var.name
  url_map          = google_compute_url_map.this.id
  ssl_certificates = [google_compute_managed_ssl_certificate.this.id]
}

resource "google_compute_global_forwarding_rule" "this" {
  project               = var.project_id
  name                  = var.name
  target                = google_compute_target_https_proxy.this.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
