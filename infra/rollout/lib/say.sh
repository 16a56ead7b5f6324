# shellcheck shell=bash
# What is told, and the ends that are expected.

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }

fail() { say "failed: $*" && exit 1; }

refuse() { say "refused: $*" && exit 2; }

need() { # option, value, what it has to look like
  [[ $2 =~ $3 ]] || refuse "--$1 '$2' is missing or not like $3"
}
