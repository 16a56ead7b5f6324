# shellcheck shell=bash
# Who gets the requests. Both revisions are always named: "latest" would be the new one, whatever is wrong with it.

# No attempt begins later, and one takes 25 s and its check as long again: two minutes are kept.
give_back_s=${ROLLOUT_GIVE_BACK_S:-65}
give_back_attempt_s=${ROLLOUT_GIVE_BACK_ATTEMPT_S:-25}

steps() {
  [[ -n $recorded ]] || return 0
  printf '%s\n' "$canary_percent" 25 50 100 | awk -v first="$canary_percent" '$1 >= first && !seen[$1]++'
}

move_traffic() { # percent for the new revision
  local wanted="$candidate=100"
  (($1 == 100)) || wanted="$candidate=$1,$recorded=$((100 - $1))"
  check_nobody_else_moved
  # Written down before: a call that fails may have moved it all the same.
  write_record moved
  say "moving traffic to $wanted"
  call run services update-traffic "$service" "--region=$region" "--to-revisions=$wanted" "--update-tags=stable=$recorded" ||
    fail "traffic was not moved"
  read_back "$wanted" "$settle_s" || fail_over_traffic "$wanted"
  expected=$(in_order "$wanted")
}

check_nobody_else_moved() {
  read_service || fail "the service cannot be read"
  [[ $(traffic) == "$expected" ]] || fail_over_traffic "$expected"
}

# Who took all traffic from the new revision while it was watched knows more than we do, and keeps it so.
fail_over_traffic() { # what it should be
  local now
  now=$(traffic)
  # Empty is what could not be read.
  [[ $state != moved || -z $now || $now == *"$candidate="* || $now == "$expected" ]] || write_record left
  fail "traffic is $now, not $1"
}

read_back() { # wanted, seconds until it has to be so
  local wanted until=$((SECONDS + $2))
  wanted=$(in_order "$1")
  until read_service && [[ $(traffic) == "$wanted" ]]; do
    ((SECONDS < until)) || return 1
    run sleep "$poll_s"
  done
}

# Tried for as long as it may take, whatever the reason of a failure.
give_back() {
  local until=$((SECONDS + give_back_s))
  local attempts=1 attempt_s=$give_back_attempt_s
  giving_back=1
  say "giving everything back to $recorded"
  while ((SECONDS < until)); do
    if call run services update-traffic "$service" "--region=$region" "--to-revisions=$recorded=100" && read_back "$recorded=100" 2; then
      write_record given_back
      say "$recorded has all the traffic"
      return 0
    fi

    sleep "$poll_s"
  done
  say "traffic could not be given back to $recorded: see to it"
  return 1
}

finish() {
  if [[ -n $recorded ]]; then
    await_candidate "$service_url"
  fi

  read_service || fail "the service cannot be read"
  [[ $(traffic) == "$candidate=100" ]] || fail "traffic is $(traffic) at the end"
  write_record finished
  say "$candidate has all the traffic"
}
