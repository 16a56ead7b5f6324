# shellcheck shell=bash
# The service as Cloud Run tells it. What read_service found is in $answer until the next call.

read_service() { call run services describe "$service" "--region=$region" --format=json; }

# Who has traffic: "a=10,b=90", always in the same order. A revision has one line for its traffic and one for each tag.
traffic() {
  jq -r '[.status.traffic[]? | select((.percent // 0) > 0)]
    | group_by(.revisionName) | map("\(.[0].revisionName)=\(map(.percent) | add)") | sort | join(",")' "$answer"
}

in_order() { jq -rn --arg traffic "$1" '$traffic | split(",") | sort | join(",")'; }

revision_tagged() { jq -r --arg tag "$1" 'first(.status.traffic[]? | select(.tag == $tag) | .revisionName) // ""' "$answer"; }

url_of_tag() { jq -r --arg tag "$1" 'first(.status.traffic[]? | select(.tag == $tag) | .url) // ""' "$answer"; }

url_of_service() { jq -r .status.url "$answer"; }
