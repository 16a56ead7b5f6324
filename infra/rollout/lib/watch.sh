# shellcheck shell=bash
# A step of traffic, watched. The new revision's own URL is asked as well as the service's: at the service, a tenth of the traffic hides nine tenths of the errors.

watch_canary=${ROLLOUT_CANARY_REQUESTS:-50}
watch_service=${ROLLOUT_SERVICE_REQUESTS:-20}
clients_enough=${ROLLOUT_CLIENTS_ENOUGH:-20}

watch() { # step
  local i now begun
  sign_in
  begun=$(date -u +%FT%TZ)
  now=${EPOCHREALTIME//[!0-9]/}
  results=$scratch/results
  touch "$results"
  for ((i = 0; i < watch_canary; i++)); do
    probe "$1" canary "$candidate_url" "$i" &
    if ((i * watch_service / watch_canary != (i + 1) * watch_service / watch_canary)); then
      probe "$1" service "$service_url" "$i" &
    fi

    wait_until "$((now + (i + 1) * guard_canary_window_s * 1000000 / watch_canary))"
    judge "$1" planned
  done
  wait
  judge "$1" whole
  ask_health "$candidate_url"
  [[ $outcome == ok ]] || fail "health at $candidate_url: $outcome"
  judge_clients "$begun"
}

# One request; leaves a line of what came of it. Every fifth is a stream.
probe() { # step, target, url, number
  local kind=invoke
  (($4 % 5 != 4)) || kind=stream
  "ask_$kind" "$3"
  echo "$1 $2 $kind $outcome $seconds" >> "$results"
  rm -f "$body"
}

wait_until() { # microseconds since 1970
  local left=$(($1 - ${EPOCHREALTIME//[!0-9]/}))
  ((left <= 0)) || run sleep "$((left / 1000000)).$(printf %06d "$((left % 1000000))")"
}

# Before the window has passed, what it has seen may already be too much, whatever else comes.
judge() { # step, "planned" or "whole"
  local verdict
  verdict=$(awk -v step="$1" -v state="$2" -v canary="$watch_canary" -v service="$watch_service" \
    -v error_pct="$guard_error_rate_pct" -v p95_s="$guard_latency_p95_s" -v p99_s="$guard_latency_p99_s" -f "$here/lib/verdict.awk" "$results")
  [[ $2 == planned ]] || say "${verdict##*$'\n'}"
  [[ $verdict != over* ]] || fail "$1 %: ${verdict%%$'\n'*}"
}

# What clients got of the new revision, by Cloud Run's request log. Few of them say little, and who may not read the log goes without.
judge_clients() { # since
  local all failed
  if ! call logging read "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"$service\"\
 AND resource.labels.revision_name=\"$candidate\" AND log_id(\"run.googleapis.com/requests\")\
 AND timestamp>=\"$1\" AND NOT httpRequest.userAgent=\"sluice-rollout\"" --limit=1000 --format=json; then
    say "the request log cannot be read: what clients got is not judged"
    return 0
  fi

  read -r all failed < <(jq -r '"\(length) \(map(select(.httpRequest.status >= 500)) | length)"' "$answer")
  say "clients: $all requests, $failed failed"
  ((all < clients_enough)) || awk -v all="$all" -v failed="$failed" -v pct="$guard_error_rate_pct" 'BEGIN { exit failed * 100 > all * pct }' ||
    fail "$failed of $all requests of clients failed"
}
