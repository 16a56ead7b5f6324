# shellcheck shell=bash
# What `rollout` and `rollback` are made of, in the order in which a rollout comes by it.

# shellcheck source=lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=lib/guardrails.sh
. "$here/lib/guardrails.sh"
# shellcheck source=lib/process.sh
. "$here/lib/process.sh"
# shellcheck source=lib/gcloud.sh
. "$here/lib/gcloud.sh"
# shellcheck source=lib/service.sh
. "$here/lib/service.sh"
# shellcheck source=lib/record.sh
. "$here/lib/record.sh"
# shellcheck source=lib/deploy.sh
. "$here/lib/deploy.sh"
# shellcheck source=lib/ask.sh
. "$here/lib/ask.sh"
# shellcheck source=lib/check.sh
. "$here/lib/check.sh"
# shellcheck source=lib/traffic.sh
. "$here/lib/traffic.sh"
# shellcheck source=lib/watch.sh
. "$here/lib/watch.sh"
