# Whether what was seen is over a limit: prints "over: why" where it is, and a line of what was measured.
# Reads lines of step, target, kind, outcome and seconds; `step` is the one under way, `state` is "whole" when all its requests have been answered.
# Percentiles are counted: the 95th (nearest rank) is over a limit exactly when more than 5 of 100 requests are.

$1 == step {
  n[$2]++
  failed[$2] += $4 != "ok"
  if ($4 != "ok") why[$2] = why[$2] (index(why[$2] " ", " " $4 " ") ? "" : " " $4)
  late95[$2] += $5 > p95_s
  late99[$2] += $5 > p99_s
  if ($5 > slowest[$2]) slowest[$2] = $5
}
END {
  judge("canary", canary)
  judge("service", service)
  printf "canary: %s; service: %s\n", told("canary"), told("service")
}

function judge(target, planned,   all) {
  all = n[target] > planned ? n[target] : planned
  if (state == "whole" && n[target] < planned) over(target, n[target] + 0 " of " planned " requests were made")
  if (failed[target] * 100 > all * error_pct) over(target, failed[target] " of " all " requests failed:" why[target])
  if (late95[target] * 100 > all * 5) over(target, late95[target] " of " all " requests took more than " p95_s " s")
  if (late99[target] * 100 > all) over(target, late99[target] " of " all " requests took more than " p99_s " s")
}

function over(target, reason) { print "over: " target ": " reason }

function told(target) { return n[target] + 0 " requests, " failed[target] + 0 " failed, slowest " slowest[target] + 0 " s" }
