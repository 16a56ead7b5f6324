# shellcheck shell=bash
# Whether the new revision works at all, asked at its own URL before anybody's request goes there.

settle_s=${ROLLOUT_SETTLE_S:-60}
poll_s=${ROLLOUT_POLL_S:-2}

check_candidate() {
  sign_in
  await_candidate "$candidate_url"
  local what
  for what in card invoke stream; do
    "ask_$what" "$candidate_url"
    [[ $outcome == ok ]] || fail "$what at $candidate_url: $outcome"
    say "$what at $candidate_url: ok after $seconds s"
  done
}

# A URL leads to another revision a few seconds after it was told to.
await_candidate() { # url
  local until=$((SECONDS + settle_s))
  while ask_health "$1" && [[ $outcome != ok ]]; do
    ((SECONDS < until)) || fail "health at $1: $outcome"
    run sleep "$poll_s"
  done
  say "$candidate answers at $1"
}
