# shellcheck shell=bash
# The new revision, where nobody but us finds it.

deploy_s=${ROLLOUT_DEPLOY_S:-300}

deploy() {
  if [[ -n $recorded ]]; then
    # Not `call`'s own attempts: one whose end was not heard of may have taken the name.
    deploy_candidate || { passes "$?" && deploy_candidate; } || fail "the revision was not deployed"
  else
    create
  fi

  read_service || fail "the service cannot be read"
  service_url=$(url_of_service)
  candidate_url=$service_url
  [[ -n $recorded ]] || return 0
  [[ $(revision_tagged canary) == "$candidate" ]] || fail "the tag canary is not at $candidate but at '$(revision_tagged canary)'"
  candidate_url=$(url_of_tag canary)
  write_record recorded
}

deploy_candidate() {
  local suffix
  call run revisions list "--service=$service" "--region=$region" --format=json || return
  suffix=$(free_suffix)
  [[ -n $suffix ]] || fail "${commit:0:7} has been deployed nine times: its names are used up"
  candidate=$service-$suffix
  say "deploying $candidate without traffic"
  attempts=1 attempt_s=$deploy_s call run deploy "$service" "--region=$region" "--image=$image" "--revision-suffix=$suffix" --no-traffic --tag=canary
}

# A commit deployed again is a revision of its own: what it is configured with may have changed, and a name is given once.
free_suffix() {
  jq -r --arg prefix "$service-" --arg commit "${commit:0:7}" '[.[].metadata.name] as $taken
    | first([$commit] + [range(2; 10) | "\($commit)-\(.)"] | .[] | select(IN($prefix + .; $taken[]) | not)) // ""' "$answer"
}

# The first revision of all: Cloud Run has it serve at once, to nobody yet, and there is none to go back to. Who may call, its IAM says.
create() {
  [[ -n ${runtime_account-} && -n ${engine-} ]] ||
    refuse "$service does not exist yet: Terraform makes it, or --runtime-account and --engine say what it is made with"
  candidate=$service-${commit:0:7}
  say "creating $service with $candidate"
  attempt_s=$deploy_s call run deploy "$service" "--region=$region" "--image=$image" "--revision-suffix=${commit:0:7}" --no-allow-unauthenticated \
    "--service-account=$runtime_account" "--set-env-vars=AGENT_ENGINE_ID=$engine,PROJECT_ID=$project,LOCATION=$region,Sluice__Auth__Mode=none" ||
    fail "the service was not created"
}
