# shellcheck shell=bash
# Requests to the gateway. Each sets $outcome to "ok" or, in one word, to what is wrong, and $seconds to how long the answer took.

# As Cloud Run and the gateway want it: the first takes its token from the one header, and leaves the other to the gateway.
sign_in() {
  local as=()
  [[ -z ${identity-} ]] || as=("--impersonate-service-account=$identity" "--audiences=$service_url" --include-email)
  call auth print-identity-token "${as[@]}" || fail "there is no identity token"
  # In a file: arguments of curl can be read by every process of the machine.
  printf '%s: Bearer %s\n' X-Serverless-Authorization "$(< "$answer")" Authorization "${ROLLOUT_API_KEY:-$(< "$answer")}" > "$scratch/headers"
}

ask_health() { # url
  ask "$1/_health" "$guard_health_timeout_s"
  [[ $outcome == ok ]] || return 0
  if ! jq -e '.status == "ok"' "$body" > /dev/null 2>&1; then
    outcome=not_healthy
  elif [[ $(jq -r .revision "$body") != "$candidate" ]]; then
    outcome=revision_$(jq -r .revision "$body")
  elif [[ -n ${engine-} && $(jq -r .engine "$body") != */reasoningEngines/$engine ]]; then
    outcome=engine_$(jq -r .engine "$body")
  fi
}

ask_card() { # url
  ask "$1/card" "$guard_health_timeout_s"
  [[ $outcome != ok ]] || jq -e '.name and .capabilities.streaming and (.skills | length > 0)' "$body" > /dev/null 2>&1 || outcome=no_card
}

ask_invoke() { # url
  ask "$1/invoke" "$guard_invoke_timeout_s" --json '{"text":"ping"}' --header 'Cache-Control: no-cache'
  [[ $outcome != ok ]] || jq -e '. != null' "$body" > /dev/null 2>&1 || outcome=no_json
}

# A stream is good when it has said something and come to its end: a failure behind the 200 is an error event, or no end at all.
ask_stream() { # url
  ask "$1/invoke/stream" "$guard_invoke_timeout_s" --json '{"text":"ping"}' --header 'Cache-Control: no-cache'
  [[ $outcome == ok ]] || return 0
  if ! grep -q '^event: done' "$body"; then
    outcome=no_done
  elif ! grep -q '^data: {"chunk":' "$body"; then
    outcome=empty_stream
  fi
}

ask() { # url, seconds it may take, more arguments of curl
  local code status
  body=$scratch/body.$BASHPID
  : > "$body"
  read -r code status seconds < <(curl --silent --max-time "$2" --header "@$scratch/headers" --user-agent sluice-rollout --output "$body" \
    --write-out '%{exitcode} %{http_code} %{time_total}\n' "${@:3}" "$1")
  case $code-$status in
    0-200) outcome=ok ;;
    0-*) outcome=status_$status ;;
    28-*) outcome=too_slow ;;
    *) outcome=no_answer_$code ;;
  esac
}
