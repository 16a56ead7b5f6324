# Two faces of one image, as services of their own: a port that speaks h2c, which gRPC needs, cannot be probed by HTTP and takes no HTTP/1.1 clients.
locals {
  port = 8080
  faces = merge(
    { http = { name = var.service_name, protocol = "http1", min_instances = var.min_instances } },
    var.grpc_enabled ? { grpc = { name = "${var.service_name}-grpc", protocol = "h2c", min_instances = max(1, var.min_instances) } } : {},
  )
  # Cloud Run's other address of a service, with a hash in it, is not known before the service is.
  urls = { for key, face in local.faces : key => "https://${face.name}-${data.google_project.this.number}.${var.region}.run.app" }
  # Cloud Run lets in whom it may; the gateway looks at the same tokens again, and knows by them whose sessions are whose.
  auth = { for key, url in local.urls : key => merge(
    { for place, audience in concat([url], var.custom_audiences) : "Sluice__Auth__Google__Audiences__${place}" => audience },
    { for place, email in var.invokers : "Sluice__Auth__Callers__${place}__Email" => email },
    { for place, email in var.invokers : "Sluice__Auth__Callers__${place}__Tenant" => var.tenant },
  ) }
  # What the port speaks has to be what the service is told that it speaks.
  role     = { for key in keys(local.faces) : key => { Sluice__Role = key } }
  invokers = { for pair in setproduct(keys(local.faces), var.invokers) : "${pair[0]}/${pair[1]}" => { face = pair[0], email = pair[1] } }
}

resource "google_cloud_run_v2_service" "face" {
  for_each = local.faces

  project              = var.project_id
  location             = var.region
  name                 = each.value.name
  ingress              = var.ingress
  invoker_iam_disabled = false
  custom_audiences     = var.custom_audiences
  deletion_protection  = var.deletion_protection

  template {
    service_account                  = var.service_account_email
    max_instance_request_concurrency = var.concurrency
    # A client that comes back finds its turn in memory there; anywhere else it is found all the same. Not while a rollout splits traffic: affinity goes first.
    session_affinity = true
    # Cloud Run's longest: a stream lasts as long as its turn.
    timeout = "3600s"

    scaling {
      min_instance_count = each.value.min_instances
      max_instance_count = var.max_instances
    }

    containers {
      name  = "gateway"
      image = var.image

      ports {
        name           = each.value.protocol
        container_port = local.port
      }

      resources {
        limits = {
          cpu    = var.cpu
          memory = var.memory
        }
        # Turns, leases and telemetry go on between requests, and would stand still without a CPU.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(local.auth[each.key], var.env, local.role[each.key])

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.secrets

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = env.value.secret
              version = env.value.version
            }
          }
        }
      }

      startup_probe {
        initial_delay_seconds = var.startup_probe.initial_delay_seconds
        timeout_seconds       = var.startup_probe.timeout_seconds
        period_seconds        = var.startup_probe.period_seconds
        failure_threshold     = var.startup_probe.failure_threshold

        dynamic "http_get" {
          for_each = each.key == "http" ? [local.port] : []

          content {
            path = "/_health"
            port = http_get.value
          }
        }

        # Whether it is alive, as /_health tells: the other names of its health service tell whether it is ready.
        dynamic "grpc" {
          for_each = each.key == "grpc" ? [local.port] : []

          content {
            port    = grpc.value
            service = "live"
          }
        }
      }

      liveness_probe {
        initial_delay_seconds = var.liveness_probe.initial_delay_seconds
        timeout_seconds       = var.liveness_probe.timeout_seconds
        period_seconds        = var.liveness_probe.period_seconds
        failure_threshold     = var.liveness_probe.failure_threshold

        dynamic "http_get" {
          for_each = each.key == "http" ? [local.port] : []

          content {
            path = "/_health"
            port = http_get.value
          }
        }

        # Whether it is alive, as /_health tells: the other names of its health service tell whether it is ready.
        dynamic "grpc" {
          for_each = each.key == "grpc" ? [local.port] : []

          content {
            port    = grpc.value
            service = "live"
          }
        }
      }
    }

    # Asks the gateway for its metrics on loopback, in HTTP/1.1 and at its port, and hands them to Managed Prometheus. A port that speaks h2c cannot be asked.
    dynamic "containers" {
      for_each = var.metrics_sidecar_image == "" || each.key == "grpc" ? [] : [var.metrics_sidecar_image]

      content {
        name       = "metrics"
        image      = containers.value
        depends_on = ["gateway"]
      }
    }

    dynamic "vpc_access" {
      for_each = var.network == null ? [] : [var.network]

      content {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
        }
      }
    }
  }

  lifecycle {
    # Which revision is served, and to whom, is the rollout's: it has checked it. What changes here becomes a revision that waits for the next rollout.
    # Not ignored is template[0].revision, the name that a rollout gave its own: a changed template would be sent under that name, and refused (409). So a plan after a rollout shows
    # the name going, and applying it makes a revision of the same configuration that nobody is sent to.
    ignore_changes = [
      client,
      client_version,
      template[0].containers[0].image,
      traffic,
    ]
  }
}

data "google_project" "this" {
  project_id = var.project_id
}

# A member beside others, never the list of all: what somebody else granted is not taken away by a plan that does not show it.
resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = local.invokers

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.face[each.value.face].name
  role     = "roles/run.invoker"
  member   = "serviceAccount:${each.value.email}"
}
