# shellcheck shell=bash
# Calls of gcloud: each attempt has a limit, and what fails for a passing reason is tried again, a few times.

attempts=${ROLLOUT_ATTEMPTS:-4}
attempt_s=${ROLLOUT_ATTEMPT_S:-60}
pause_s=${ROLLOUT_PAUSE_S:-2}

call() { # arguments of gcloud; what it prints is in $answer
  local attempt code
  for ((attempt = 1; ; attempt++)); do
    code=0
    run timeout --kill-after=5 "$attempt_s" gcloud "$@" "--project=$project" --quiet > "$answer" 2> "$errors" || code=$?
    ((code)) || return 0
    say "gcloud $1 $2 ${3-} ended with $code: $(tail -n 3 "$errors" | tr '\n' ' ')"
    if ((attempt >= attempts)) || ! passes "$code"; then
      return "$code"
    fi

    run sleep "$((pause_s * attempt))"
  done
}

# 124 and 137 are timeout's. ABORTED is another writer at the same service; the rest is Google's, or the way there.
passes() { # exit code
  (($1 == 124 || $1 == 137)) || grep -qE \
    'ABORTED|UNAVAILABLE|RESOURCE_EXHAUSTED|INTERNAL|DEADLINE_EXCEEDED|HTTPError (409|429|5[0-9]{2})|[Cc]onnection ?(reset|refused|aborted|Error)|[Tt]emporar|timed out' \
    "$errors"
}
