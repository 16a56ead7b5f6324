locals {
  # The service levels stand in one place for alerts, rollouts and documentation.
  guardrails  = yamldecode(file("${path.module}/../../../slo.yaml")).guardrails
  error_ratio = local.guardrails.error_rate_pct / 100
  revisions   = "monitored_resource=\"cloud_run_revision\",service_name=\"${var.service_name}\""

  # Lines that the gateway writes, by the name of their event.
  counted = {
    turns_failed = {
      description = "Turns that failed, or of which nobody knows how they ended."
      filter      = "labels.event=\"TurnFailed\""
    }
    turns_taken_over = {
      description = "Turns taken over from a process that died."
      filter      = "labels.event=\"TurnTakenOver\""
    }
    circuits_opened = {
      description = "Times an engine failed so often that it was kept away from."
      filter      = "labels.event=\"CircuitOpened\""
    }
    stores_lost = {
      description = "Times turns could not be stored, and new ones were refused."
      filter      = "labels.event=\"CannotStore\""
    }
    defects = {
      description = "Defects of the gateway."
      filter      = "severity>=ERROR"
    }
  }
}

resource "google_logging_metric" "counted" {
  for_each = local.counted

  project     = var.project_id
  name        = "sluice_${each.key}"
  description = each.value.description
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.service_name}\" AND ${each.value.filter}"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

# A share of the requests, not a number of them: ten failures mean something else among twenty requests than among a million.
resource "google_monitoring_alert_policy" "errors" {
  project               = var.project_id
  display_name          = "Sluice: requests fail"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = var.notification_channels

  conditions {
    display_name = "More than ${local.guardrails.error_rate_pct} % of the requests are answered with 5xx"

    condition_prometheus_query_language {
      query = join(" ", [
        "sum(rate(run_googleapis_com:request_count{${local.revisions},response_code_class=\"5xx\"}[5m]))",
        "/ sum(rate(run_googleapis_com:request_count{${local.revisions}}[5m])) > ${local.error_ratio}",
      ])
      duration            = "300s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "See docs/operating.md, \"When something is wrong\". A new revision that fails is taken back by the rollout; for one that fails later: infra/rollout/rollback."
  }
}

# The share again: no more than one request in twenty may take longer. A stream counts from its request to its last event.
resource "google_monitoring_alert_policy" "latency" {
  project               = var.project_id
  display_name          = "Sluice: requests are slow"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = var.notification_channels

  conditions {
    display_name = "More than 5 % of the requests take longer than ${local.guardrails.latency_p95_s} s"

    condition_prometheus_query_language {
      query = join(" ", [
        "histogram_quantile(0.95, sum by (le) (rate(run_googleapis_com:request_latencies_bucket{${local.revisions}}[5m])))",
        "> ${local.guardrails.latency_p95_s * 1000}",
      ])
      duration            = "300s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Mostly the engine's time: compare with its own latency before looking at the gateway. See docs/operating.md."
  }
}

resource "google_monitoring_alert_policy" "defects" {
  project               = var.project_id
  display_name          = "Sluice: a defect"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.notification_channels

  conditions {
    display_name = "The gateway has logged an error"

    condition_prometheus_query_language {
      query               = "sum(increase(logging_googleapis_com:user_sluice_defects{monitored_resource=\"cloud_run_revision\"}[10m])) > 0"
      duration            = "0s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "What is expected to fail is a warning; an error is ours. The log line has the trace."
  }

  depends_on = [google_logging_metric.counted]
}

resource "google_billing_budget" "this" {
  count = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  display_name    = "Sluice in ${var.project_id}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      currency_code = "USD"
      units         = tostring(var.budget_usd)
    }
  }

  threshold_rules {
    threshold_percent = 0.8
  }

  threshold_rules {
    threshold_percent = 1.0
  }

  all_updates_rule {
    monitoring_notification_channels = var.notification_channels
    disable_default_iam_recipients   = length(var.notification_channels) > 0
  }
}

data "google_project" "this" {
  project_id = var.project_id
}
