#!/usr/bin/env bash
# The guide's five steps from an empty database, with nothing but curl.
#
#   TOKEN=$(manage.py create_api_token USERNAME --scope admin) docs/guide.sh
#
# BASE is the server (default: http://localhost:3000), SOURCES a folder of files to begin with.
set -euo pipefail

BASE=${BASE:-http://localhost:3000}
SOURCES=${SOURCES:-$(dirname "$0")/../dedup_project/demo/corpus/sources}
GUIDE=$BASE/api/admin/insights
: "${TOKEN:?Set TOKEN: manage.py create_api_token USERNAME --scope admin}"

api() { curl --silent --show-error --fail-with-body --header "Authorization: Token $TOKEN" "$@"; }
json() { api --header "Content-Type: application/json" "$@"; }
# The first value of a member: text, number, true, false or null.
member() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1; }

# wait_for ADDRESS: until the task there has ended; fails when it did not succeed.
wait_for() {
  local task
  while task=$(api "$1") && [ "$(member is_finished <<<"$task")" != true ]; do sleep 1; done
  [ "$(member status <<<"$task")" = succeeded ] || { echo "$task" >&2; return 1; }
}

echo "Step 1: collect training data"
for file in "$SOURCES"/*; do
  added=$(api --form "file=@$file" "$BASE/api/v1/sources")
  wait_for "$(member task <<<"$added")"
done
clustered=$(api --request POST "$GUIDE/cluster-all")
wait_for "$(member taskUrl <<<"$clustered")"

# A person decides in the admin. Here a rule stands in: alike and without a near miss is the same.
decided=0
while :; do
  page=$(api "$BASE/api/v1/clusters/queue?page_size=200" | sed 's/},{/}\n{/g')
  grep --quiet '"status":"open"' <<<"$page" || break
  while read -r cluster; do
    id=$(grep --only-matching '"id":"[^"]*"' <<<"$cluster" | head -1 | cut -d'"' -f4)
    verdict=reject
    if [ "$(member has_near_miss <<<"$cluster")" = false ] &&
      [[ $(member weakest_similarity <<<"$cluster") > 0.72 ]]; then
      verdict=approve
    fi
    json --output /dev/null --request POST "$BASE/api/v1/clusters/$id/$verdict" --data '{}'
    decided=$((decided + 1))
  done <<<"$page"
done
echo "  $decided clusters decided"
api "$GUIDE/export-training-data?format=openai_jsonl" >training-data.jsonl
api "$GUIDE/export-training-data?format=json&stats=true" >training-data.json
echo "  $(wc -l <training-data.jsonl) examples in training-data.jsonl"

echo "Step 2: fine-tune a model"
started=$(json --request POST "$GUIDE/fine-tune-model" \
  --data '{"baseModel": "gpt-4o-mini-2024-07-18"}')
job=$(member fineTuneJobId <<<"$started")
status=
while [ "$status" != succeeded ]; do
  job_now=$(api "$GUIDE/fine-tune-model?jobId=$job")
  status=$(member status <<<"$job_now")
  case $status in failed | cancelled) echo "$job_now" >&2; exit 1 ;; esac
  sleep 1
done
echo "  job $job: $status"

echo "Step 3: activate the model"
model=$(member modelId <<<"$job_now")
# A version that measures worse than similarity is refused with 409 unless the request says "force".
activate() {
  json --output /dev/null --request POST "$GUIDE/model-status" \
    --data "{\"modelId\": \"$model\", \"action\": \"activate\", \"force\": $1}"
}
activate false 2>/dev/null || {
  echo "  not fit to decide yet, since this script decided without reading; activated all the same"
  activate true
}
api "$GUIDE/model-status" | grep --quiet '"isActive":true'
echo "  model $model is active"

echo "Step 4: integrate into the pipeline"
# Every source that comes in is checked by it now; so can be one statement.
json --request POST "$BASE/api/v1/duplicates/check" \
  --data '{"statement": "The rota is published far too late."}' |
  sed 's/.*"reason":"\([^"]*\)".*/  \1/'
echo

echo "Step 5: evaluate"
held_out=$(api "$BASE/api/v1/models/$model" | grep --only-matching '"held_out":{[^}]*')
for measure in precision recall average_precision; do
  echo "  $measure on held-out decisions: $(member "$measure" <<<"$held_out")"
done
api "$BASE/api/v1/models/$model/evaluation" | grep --only-matching '"reviewed":{[^}]*}' |
  sed 's/^/  of what it predicted and people decided since: /'
