"""The guide's loop by the Python client of openapi-generator: BASE, TOKEN."""

import sys
import time

import openapi_client as api

base, token = sys.argv[1:]
settings = api.Configuration(host=base, access_token=token)
client = api.ApiClient(settings)
guide, clusters, tasks = api.GuideApi(client), api.ClustersApi(client), api.TasksApi(client)


def wait(task):
    while not (found := tasks.get_task(str(task))).is_finished:
        time.sleep(0.2)
    assert found.status == "succeeded", found


table = b"insight\nThe lift is always broken.\nThe lift is broken all the time.\n"
added = api.SourcesApi(client).upload_source(file=("lift.csv", table), keep_good_rows=True)
wait(added.run.id)
wait(guide.cluster_all().run_id)
page = clusters.list_clusters_queue(page_size=3)
assert len(page.results) == 3
for cluster in page.results:
    body = api.ApproveRequest(expected_version=cluster.version)
    assert clusters.approve_cluster(cluster.id, approve_request=body).kind == "approved"
lines = guide.export_training_data_without_preload_content(format="openai_jsonl")
assert lines.status == 200
assert lines.data.count(b"\n") > 50
job = guide.fine_tune_model(start_request=api.StartRequest()).fine_tune_job_id
while (found := guide.get_fine_tune_job(job_id=job)).status != "succeeded":
    assert found.status not in ("failed", "cancelled"), found
    time.sleep(0.2)
activate = api.SwitchRequest(action="activate", model_id=found.model_id, force=True)
assert guide.switch_model(activate).success is True
pair = api.PairOfStatementsRequest(
    statement1="The lift is broken.", statement2="The lift is always broken."
)
body = api.PairsRequest(pairs=[api.PairRequest(pair)])
(answer,) = api.PredictionsApi(client).predict(body).results
assert answer.model_id == found.model_id
print(answer.should_merge, answer.probability)
