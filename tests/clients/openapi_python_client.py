"""The guide's loop by the client of openapi-python-client: BASE, TOKEN."""

import sys
import time
from io import BytesIO

from insight_dedup_client import AuthenticatedClient
from insight_dedup_client.api.clusters import approve_cluster, list_clusters_queue
from insight_dedup_client.api.guide import (
    cluster_all,
    export_training_data,
    fine_tune_model,
    get_fine_tune_job,
    switch_model,
)
from insight_dedup_client.api.predictions import predict
from insight_dedup_client.api.sources import upload_source
from insight_dedup_client.api.tasks import get_task
from insight_dedup_client.models import (
    ApproveRequest,
    ExportTrainingDataFormat,
    PairOfStatementsRequest,
    PairsRequest,
    StartRequest,
    SwitchRequest,
    UploadRequest,
)
from insight_dedup_client.models.action_enum import ActionEnum
from insight_dedup_client.types import File

base, token = sys.argv[1:]
client = AuthenticatedClient(base, token, raise_on_unexpected_status=True, timeout=60)


def wait(task):
    while not (found := get_task.sync(str(task), client=client)).is_finished:
        time.sleep(0.2)
    assert found.status == "succeeded", found


table = b"insight\nThe lift is always broken.\nThe lift is broken all the time.\n"
added = upload_source.sync(
    client=client,
    body=UploadRequest(file=File(BytesIO(table), "lift.csv", "text/csv"), keep_good_rows=True),
)
wait(added.run.id)
wait(cluster_all.sync(client=client).run_id)
page = list_clusters_queue.sync(client=client, page_size=3)
assert len(page.results) == 3
for cluster in page.results:
    body = ApproveRequest(expected_version=cluster.version)
    assert approve_cluster.sync(cluster.id, client=client, body=body).kind == "approved"
# Of an answer's media types this generator reads the first, JSON; lines come by its HTTP client.
exported = export_training_data.sync(client=client, format_=ExportTrainingDataFormat.JSON)
assert exported.additional_properties
lines = client.get_httpx_client().get(
    "/api/admin/insights/export-training-data", params={"format": "openai_jsonl"}
)
assert lines.content.count(b"\n") > 50
job = fine_tune_model.sync(client=client, body=StartRequest()).fine_tune_job_id
while (found := get_fine_tune_job.sync(client=client, job_id=job)).status != "succeeded":
    assert found.status not in ("failed", "cancelled"), found
    time.sleep(0.2)
activate = SwitchRequest(action=ActionEnum.ACTIVATE, model_id=found.model_id, force=True)
assert switch_model.sync(client=client, body=activate).success is True
pair = PairOfStatementsRequest("The lift is broken.", "The lift is always broken.")
(answer,) = predict.sync(client=client, body=PairsRequest(pairs=[pair])).results
assert str(answer.model_id) == str(found.model_id)
print(answer.should_merge, answer.probability)
