# shellcheck shell=bash
# The limits, from the one file that alerts and docs have theirs from.

read_guardrails() { # file
  local name value
  for name in latency_p95_s latency_p99_s error_rate_pct health_timeout_s invoke_timeout_s canary_window_s canary_percent; do
    value=$(awk -v name="$name:" '/^[^ #]/ { inside = $1 == "guardrails:" } inside && $1 == name { print $2 }' "$1")
    [[ $value =~ ^[0-9]+(\.[0-9]+)?$ ]] || refuse "$1 has no number for guardrails: $name"
    printf -v "guard_$name" %s "$value"
  done
}
