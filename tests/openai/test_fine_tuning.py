"""T10 and the job's way: one row and one job, whatever is lost; every status; every refusal."""

from datetime import date

import pytest

from finetuning.backends.openai import upload
from finetuning.lifecycle import polling, start
from finetuning.models import DeduplicationModel, HostedJob, ModelEvent, ModelStatus
from insights.models import ApiCall
from tests.openai.standin import checks, faults

pytestmark = pytest.mark.django_db

CREATE = "POST /fine_tuning/jobs$"
LOOK = r"GET /fine_tuning/jobs/ftjob-\w+$"


def test_the_whole_way_of_a_job(trained, standin, provider):
    model = trained()

    assert (model.status, model.error) == ("succeeded", "")
    assert model.fine_tuned_model_id.startswith("ft:gpt-4o-mini-2024-07-18:")
    assert model.fine_tune_job_id in provider.jobs
    assert model.metrics["held_out"]["average_precision"] > 0.5
    job = HostedJob.objects.get()
    assert job.upstream_status == "succeeded"
    messages = list(model.events.values_list("message", flat=True))
    assert [m for m in messages if m.startswith("Step")] == [
        "Step 1: training loss=1.00", "Step 2: training loss=0.50",
    ]  # fmt: skip
    assert len(messages) == len(set(messages)), "each event once"


def test_our_id_is_in_the_jobs_metadata_and_the_recipe_in_its_method(trained, provider):
    model = trained(looks=0)

    (job,) = provider.jobs.values()
    assert job["metadata"]["insight_dedup_model"] == str(model.pk)
    assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 10}
    assert job["seed"] == 42
    assert model.fine_tune_job_id == job["id"]


def test_what_is_uploaded_leaks_nothing(trained, provider):
    model = trained(looks=0)
    (job,) = provider.jobs.values()
    train, validation = (
        {one[0]["content"] for one in checks.training_examples(provider.contents[job[name]])}
        for name in ("training_file", "validation_file")
    )
    found = upload.parts_of(
        type(model.training_file).objects.defer(None).get(pk=model.training_file_id)
    )

    assert len(train) == len(found.train) > 4 * len(validation) - 5 > 0
    said = {
        name: {text for one in examples for text in (one.statement1, one.statement2)}
        for name, examples in vars(found).items()
    }
    assert not said["train"] & said["validation"]
    assert not said["held_out"] & (said["train"] | said["validation"])
    for prompt in train | validation:
        assert not any(text in prompt for text in said["held_out"])
    assert {one.label for one in found.validation} == {True, False}


def test_the_cost_is_reserved_before_and_settled_after(trained, provider, settings):
    model = trained(looks=0)
    job = HostedJob.objects.get()
    call = ApiCall.objects.get(pk=job.training_call)
    assert call.state == "sent"
    assert float(call.cost_usd) == pytest.approx(float(job.estimated_usd), abs=1e-6)
    assert job.estimated_usd > 0

    for _ in range(8):
        HostedJob.objects.update(looked_at=None)
        polling.advance(model.pk)

    job.refresh_from_db()
    call.refresh_from_db()
    (upstream,) = provider.jobs.values()
    assert job.trained_tokens == upstream["trained_tokens"]
    assert float(call.cost_usd) == pytest.approx(3 * job.trained_tokens / 1e6)
    assert job.cost_usd <= job.estimated_usd
    assert call.state == "answered"


def test_a_training_beyond_the_budget_is_not_begun_and_goes_on_the_next_day(
    trained, standin, settings, turned
):
    settings.OPENAI_DAILY_USD = 0.001
    model = trained(looks=3)
    assert model.status == "validating_files"
    assert standin.count(CREATE) == 0
    assert "budget" in HostedJob.objects.get().trouble
    assert ModelEvent.objects.filter(message__contains="budget").count() == 1

    settings.OPENAI_DAILY_USD = 10
    turned.time += 11
    polling.advance(model.pk)
    assert standin.count(CREATE) == 1


@pytest.mark.parametrize("fault", [faults.LOST, faults.HALF_BODY])
def test_a_lost_answer_to_create_makes_one_row_and_one_job(trained, standin, provider, fault):
    standin.script(CREATE, fault)

    model = trained()

    assert model.status == "succeeded"
    assert DeduplicationModel.objects.count() == 1
    assert len(provider.jobs) == standin.count(CREATE) == 1
    assert len([f for f in provider.files.values() if f["purpose"] == "fine-tune"]) == 2


@pytest.mark.parametrize("fault", [faults.RESET, faults.HANG, faults.error(500)])
def test_a_create_that_did_not_arrive_is_asked_again_when_none_has_come_to_light(
    trained, standin, provider, fault, turned, settings
):
    if fault is faults.HANG:
        settings.OPENAI_TIMEOUT = 1
    standin.script(CREATE, fault)
    model = trained(looks=5)
    assert (model.status, standin.count(CREATE)) == ("validating_files", 1)

    turned.time += 300
    polling.advance(model.pk)

    assert (len(provider.jobs), standin.count(CREATE)) == (1, 2)


def test_a_job_that_comes_to_light_late_is_taken(trained, standin, provider):
    standin.script(CREATE, faults.LOST)
    standin.script("GET /fine_tuning/jobs$", *[
        faults.changed(lambda body: {**body, "data": [], "has_more": False})
    ] * 2)  # fmt: skip

    assert trained().status == "succeeded"
    assert len(provider.jobs) == standin.count(CREATE) == 1


def test_a_server_that_does_not_filter_by_metadata(trained, standin, provider):
    other = {"id": "ftjob-other", "status": "running", "metadata": None}
    standin.script(CREATE, faults.LOST)
    standin.script(
        "GET /fine_tuning/jobs$",
        faults.changed(lambda body: {**body, "data": [other, *body["data"]]}),
    )

    model = trained()
    assert (model.status, standin.count(CREATE)) == ("succeeded", 1)
    assert model.fine_tune_job_id != "ftjob-other"


def test_a_lost_upload_is_found_by_its_name(trained, standin, provider):
    standin.script("POST /files$", faults.LOST)

    assert trained().status == "succeeded"
    assert standin.count("POST /files$") == 2, "the validation file is the second"


def test_a_status_that_we_do_not_know_is_not_the_end(trained, provider):
    provider.plan = ["queued", "paused", "paused", "mysterious", "running", "succeeded"]

    model = trained()

    assert model.status == "succeeded"
    said = list(model.events.values_list("message", flat=True))
    assert sum("“paused”" in message for message in said) == 1
    assert sum("“mysterious”" in message for message in said) == 1


@pytest.mark.parametrize("status", ["validating_files", "queued", "running", "paused"])
def test_a_job_under_way_stays_under_way(trained, provider, status):
    provider.plan = [status]
    model = trained(looks=4)
    expected = "validating_files" if status == "paused" else status
    assert (model.status, model.finished_at) == (expected, None)


def test_succeeded_without_a_model_name_is_not_the_end(trained, standin, provider):
    standin.script(LOOK, *[
        faults.changed(lambda job: {**job, "status": "succeeded", "fine_tuned_model": None})
    ] * 2)  # fmt: skip
    assert trained().status == "succeeded"


@pytest.mark.parametrize(
    ("error", "step"),
    [
        ({"code": "invalid_training_file", "message": "Line 3 is empty.", "param": None}, "Export"),
        ({"code": "exceeded_quota", "message": "No credit.", "param": None}, "Add credit"),
        ({"code": "new_code", "message": "Oh.", "param": None}, "local backend"),
        (None, "Export"),
    ],
)
def test_a_failed_job_says_why_and_what_next(trained, provider, error, step):
    provider.plan, provider.job_error = ["running", "failed"], error

    model = trained()

    assert model.status == "failed"
    assert (error or {"message": "could not be read"})["message"] in model.error
    assert step in model.error
    assert ApiCall.objects.get(purpose="training").state == "answered"


def test_the_wind_down_is_explained_with_the_way_on(trained, provider, standin):
    provider.wind_down = True

    model = trained()

    assert model.status == "failed"
    assert "403" in model.error
    assert "fine_tune --backend local" in model.error
    assert standin.count(CREATE) == 1
    assert ApiCall.objects.get(purpose="training").cost_usd == 0
    # The same decisions train a local one, as the message says.
    again = polling.wait(start.start_fine_tuning(backend="local"))
    assert again.status == "succeeded"
    assert again.training_file_id == model.training_file_id


def test_an_expired_file_is_explained(trained, standin):
    standin.script(CREATE, faults.error(404, "No such File object: file-00000001"))
    model = trained()
    assert "Files can expire" in model.error


def test_a_base_model_that_is_not_offered(trained, standin):
    model = trained(base_model="gpt-9")
    assert "gpt-4o-mini-2024-07-18" in model.error
    assert standin.count("POST /files$") == 0


def test_a_base_model_that_was_shut_down_and_one_that_will_be(trained, turned):
    model = trained(looks=0)
    assert HostedJob.objects.get().shutdown_date == date(2027, 1, 14)
    assert model.events.filter(level="warning", message__contains="2027-01-14").count() == 1

    turned.time = 1_800_000_000  # 2027-01-15
    assert "was shut down on 2027-01-14" in trained().error


def test_a_job_that_the_provider_forgot(trained, standin):
    standin.script(LOOK, faults.error(404, "Could not find fine tune."))
    model = trained()
    assert model.status == "failed"
    assert "no longer knows" in model.error


def test_an_outage_while_it_trains_is_waited_out_with_one_event(trained, standin):
    standin.script(LOOK, *[faults.error(503)] * 12)
    model = trained(looks=40)
    assert model.status == "succeeded"
    assert model.events.filter(message__contains="It will be tried again").count() <= 2
    assert HostedJob.objects.get().trouble == ""


def test_the_provider_is_not_looked_at_more_often_than_every_ten_seconds(trained, standin, turned):
    model = trained(looks=0)
    for _ in range(5):
        turned.time += 3
        polling.advance(model.pk)
    assert standin.count(LOOK) == 2


def test_cancelled_here_and_there(trained, provider):
    model = trained(looks=2)
    polling.cancel(model)

    assert DeduplicationModel.objects.get().status == "cancelled"
    (job,) = provider.jobs.values()
    assert job["status"] == "cancelled"
    assert ApiCall.objects.get(purpose="training").state == "answered"


def test_cancelled_there(trained, provider):
    provider.plan = ["running", "cancelled"]
    assert trained().status == "cancelled"


def test_cancelled_here_while_the_provider_is_down(trained, standin):
    model = trained(looks=2)
    standin.script("POST .*cancel$", *[faults.error(503)] * 5)
    polling.cancel(model)
    assert DeduplicationModel.objects.get().status == "cancelled"
    assert ModelEvent.objects.filter(message__contains="may continue and cost money").exists()


def test_every_status_of_the_sdk_is_one_of_ours():
    from typing import get_args

    from openai.types.fine_tuning import FineTuningJob

    theirs = set(get_args(FineTuningJob.model_fields["status"].annotation))
    assert theirs == set(ModelStatus.values)


def test_a_third_unusable_look_in_a_row_fails_the_version(trained, standin):
    standin.script(LOOK, faults.GARBAGE, faults.GARBAGE, faults.changed(lambda job: job))
    assert trained().status == "succeeded"
    standin.script(LOOK, *[faults.GARBAGE] * 9)
    looks = standin.count(LOOK)
    model = trained()
    assert model.status == "failed"
    assert "was unusable 3 times in a row" in model.error
    assert standin.count(LOOK) - looks == 3
