# What Cloud Run and the log tell of every gateway, and below what the gateways measure themselves, where Managed Prometheus collects it.
locals {
  charts = [
    {
      title   = "Requests a second, by class of answer"
      queries = ["sum by (response_code_class) (rate(run_googleapis_com:request_count{${local.revisions}}[5m]))"]
    },
    {
      title = "Share of requests answered with 5xx"
      queries = [
        join(" ", [
          "sum(rate(run_googleapis_com:request_count{${local.revisions},response_code_class=\"5xx\"}[5m]))",
          "/ sum(rate(run_googleapis_com:request_count{${local.revisions}}[5m]))",
        ]),
      ]
    },
    {
      title = "Latency, median, p95 and p99, ms"
      queries = [
        for quantile in ["0.5", "0.95", "0.99"] :
        "histogram_quantile(${quantile}, sum by (le) (rate(run_googleapis_com:request_latencies_bucket{${local.revisions}}[5m])))"
      ]
    },
    {
      title   = "Requests a second, by revision"
      queries = ["sum by (revision_name) (rate(run_googleapis_com:request_count{${local.revisions}}[5m]))"]
    },
    {
      title   = "Instances, by state"
      queries = ["sum by (state) (run_googleapis_com:container_instance_count{${local.revisions}})"]
    },
    {
      title = "Requests at a time in the fullest instance"
      queries = [
        "histogram_quantile(0.99, sum by (le) (rate(run_googleapis_com:container_max_request_concurrencies_bucket{${local.revisions}}[5m])))",
      ]
    },
    {
      title = "From the log, in 5 minutes: failed turns, takeovers, circuits, stores, defects"
      queries = [
        for name in keys(local.counted) :
        "sum(increase(logging_googleapis_com:user_sluice_${name}{monitored_resource=\"cloud_run_revision\"}[5m]))"
      ]
    },
    {
      title   = "Turns a second, by outcome"
      queries = ["sum by (sluice_turn_outcome) (rate(sluice_turn_duration_seconds_count[5m]))"]
    },
    {
      title = "Turns, median and p95, s"
      queries = [
        for quantile in ["0.5", "0.95"] :
        "histogram_quantile(${quantile}, sum by (le) (rate(sluice_turn_duration_seconds_bucket[5m])))"
      ]
    },
    {
      title = "Share of calls to the engine that fail, by engine and region"
      queries = [
        join(" ", [
          "sum by (gen_ai_agent_id, cloud_region) (rate(gen_ai_client_operation_duration_seconds_count{error_type!=\"\"}[5m]))",
          "/ sum by (gen_ai_agent_id, cloud_region) (rate(gen_ai_client_operation_duration_seconds_count[5m]))",
        ]),
      ]
    },
  ]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id
  dashboard_json = jsonencode({
    displayName = "Sluice"
    mosaicLayout = {
      columns = 12
      tiles = [
        for number, chart in local.charts : {
          xPos   = number % 2 * 6
          yPos   = floor(number / 2) * 4
          width  = 6
          height = 4
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [
                for query in chart.queries : {
                  plotType        = "LINE"
                  timeSeriesQuery = { prometheusQuery = query }
                }
              ]
            }
          }
        }
      ]
    }
  })
}
