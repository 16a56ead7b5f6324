# shellcheck shell=bash
# This process: what it leaves behind, and how it ends. A job that is cancelled is told so by a signal, and has seconds.

begin() {
  scratch=$(mktemp -d)
  answer=$scratch/answer
  errors=$scratch/errors
  state=
  # Nothing is asked of anybody.
  exec < /dev/null
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'end "$?"' EXIT
}

# Waits for a command so that a signal is heard at once, not when the command has ended. Not while traffic is given back: nothing interrupts that.
run() { # command
  local code=0
  if [[ -n ${giving_back-} ]]; then
    "$@" || code=$?
  else
    "$@" &
    wait "$!" || code=$?
  fi

  # Said in full: in a trap, a bare `return` means what came before the trap.
  return "$code"
}

end() { # exit code
  local code=$1
  set +e
  trap - EXIT
  # Handled, not ignored: what is ignored here would be ignored by gcloud as well, whose time is limited by signals.
  trap : HUP INT TERM
  stop_children
  if [[ $state == moved ]]; then
    give_back || code=3
    ((code)) || code=1
  fi

  rm -rf "$scratch"
  exit "$code"
}

# A call that is still under way must not move traffic after it has been given back.
stop_children() {
  local children
  mapfile -t children < <(jobs -p)
  ((${#children[@]} == 0)) || kill "${children[@]}" 2> /dev/null
  wait
}
