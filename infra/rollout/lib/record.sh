# shellcheck shell=bash
# What served before, written down before anything is done, and how far the rollout got: recorded, moved, given_back, left or finished.

# Of one revision only: with somebody else's canary under way, what to go back to and whose errors are seen would both be a guess.
record_what_serves() {
  recorded=
  candidate=
  call run services list "--region=$region" "--filter=metadata.name=$service" --format=json || fail "the services cannot be listed"
  if jq -e --arg name "$service" 'all(.[]; .metadata.name != $name)' "$answer" > /dev/null; then
    say "$service does not exist yet"
  else
    read_service || fail "the service cannot be read"
    expected=$(traffic)
    [[ $expected == *=100 ]] ||
      refuse "traffic is ${expected:-at no revision}: one revision has to have all of it; end that with rollback first"
    recorded=${expected%=100}
    say "$recorded serves"
  fi

  write_record recorded
  [[ -z ${GITHUB_OUTPUT-} ]] || echo "recorded=$recorded" >> "$GITHUB_OUTPUT"
}

write_record() { # state
  state=$1
  [[ -n ${record-} ]] || return 0
  jq -n --arg service "$service" --arg region "$region" --arg recorded "$recorded" --arg candidate "${candidate-}" --arg state "$state" \
    '{$service, $region, $recorded, $candidate, $state}' > "$record.part"
  mv "$record.part" "$record"
}

is_unfinished() { # file
  [[ -f $1 ]] && jq -e --arg service "$service" '.service == $service and .state == "moved"' "$1" > /dev/null
}
