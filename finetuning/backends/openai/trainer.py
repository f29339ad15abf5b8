"""Fine-tuning at the provider: upload, create, poll, fetch the results. One job per model."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from finetuning.backends import StatementPair
from finetuning.backends.openai import explain, progress, requests, training_cost, upload
from finetuning.backends.openai.scorer import HostedScorer, calibrated
from finetuning.backends.openai.shutdown import shutdown_date
from finetuning.backends.openai.transient_errors import recorded_for_retry
from finetuning.errors import FineTuningError
from finetuning.models import (
    Backend,
    DeduplicationModel,
    HostedJob,
    ModelStatus,
    TrainingFile,
)
from finetuning.training_data.files import file_of
from finetuning.transitions import move, record
from insights.openai import Client, MalformedAnswer, Refused, client, clock
from insights.types import JSONObject

# TailorMatch's recipe for entity matching (Steiner, Peeters and Bizer 2024).
EPOCHS = 10
SEED = 42
SUFFIX = "insight-dedup"

LOOK_EVERY = timedelta(seconds=10)
# A job whose creation was not answered may be listed only after a while.
LOST_FOR = timedelta(minutes=5)

STATUSES = {status.value: status for status in ModelStatus}


class HostedBackend:
    name: str = Backend.OPENAI

    @property
    def default_base_model(self) -> str:
        return str(settings.OPENAI_FINE_TUNING_MODEL)

    def start(self, model: DeduplicationModel, training_file: TrainingFile) -> None:
        """Start the job. Each step is recorded before and after, so a repeated call continues."""
        job, _ = HostedJob.objects.get_or_create(model=model)
        with recorded_for_retry(model, job):
            openai = client()
            found = self._find(openai, model, job)
            if found is None:
                if job.create_asked_at and clock.utc_now() - job.create_asked_at < LOST_FOR:
                    return
                found = self._create(openai, model, job, upload.parts_of(training_file))
            self._adopt(model, job, found)

    def advance(self, model: DeduplicationModel) -> None:
        job, _ = HostedJob.objects.get_or_create(model=model)
        if job.looked_at and clock.utc_now() - job.looked_at < LOOK_EVERY:
            return
        job.looked_at = clock.utc_now()
        job.save(update_fields=["looked_at"])
        with recorded_for_retry(model, job):
            self._look(client(), model, job)

    def cancel(self, model: DeduplicationModel) -> None:
        job, _ = HostedJob.objects.get_or_create(model=model)
        try:
            openai = client()
            found = model.fine_tune_job_id or (self._find(openai, model, job) or {}).get("id")
            if found:
                requests.cancel(openai, found)
        except Exception as error:
            record(
                model,
                f"The job could not be cancelled at the provider: {error} Check the provider's own "
                "page: the training may continue and cost money.",
                level="warning",
            )
        training_cost.settle(job, None)

    def scorer(self, model: DeduplicationModel) -> HostedScorer:
        return HostedScorer(model.fine_tuned_model_id, model.parameters)

    def _find(self, openai: Client, model: DeduplicationModel, job: HostedJob) -> JSONObject | None:
        """Return the job that was requested earlier.

        The answer may have been lost, or this process restarted.
        """
        return requests.tagged_job(openai, str(model.pk)) if job.create_asked_at else None

    def _create(
        self, openai: Client, model: DeduplicationModel, job: HostedJob, found: upload.Parts
    ) -> JSONObject:
        upload.require_enough(found)
        self._require_base_model(openai, model, job)
        try:
            self._upload(openai, model, job, found)
        except Refused as error:
            if error.status in requests.NOT_SERVED:
                raise explain.trains_nothing(error) from None
            raise
        training_cost.reserve(job, model.base_model, EPOCHS * upload.training_tokens(found.train))
        job.create_asked_at = clock.utc_now()
        job.hyperparameters = {"n_epochs": EPOCHS}
        job.save(update_fields=["create_asked_at", "hyperparameters"])
        try:
            return requests.create_job(
                openai,
                model=model.base_model,
                training_file=job.training_upload,
                **({"validation_file": job.validation_upload} if job.validation_upload else {}),
                method={
                    "type": "supervised",
                    "supervised": {"hyperparameters": job.hyperparameters},
                },
                suffix=SUFFIX,
                seed=SEED,
                metadata={requests.TAG: str(model.pk), "version": str(model.version)},
            )
        except Refused as error:
            training_cost.settle(job, 0)
            raise FineTuningError(explain.refused_job(error, model.base_model)) from None

    def _require_base_model(
        self, openai: Client, model: DeduplicationModel, job: HostedJob
    ) -> None:
        offered = explain.require_offered(openai, model.base_model)
        day = shutdown_date(model.base_model, offered)
        if day and day <= clock.utc_now().date():
            raise FineTuningError(explain.shut_down(model.base_model, day))
        if day:
            record(
                model,
                f"The provider shuts {model.base_model} down on {day}, with every model built on "
                "it.",
                level="warning",
            )
        job.shutdown_date = day
        job.save(update_fields=["shutdown_date"])

    def _upload(
        self, openai: Client, model: DeduplicationModel, job: HostedJob, found: upload.Parts
    ) -> None:
        for name, examples in (("training", found.train), ("validation", found.validation)):
            field = f"{name}_upload"
            if getattr(job, field) or not examples:
                continue
            file_name = f"insight-dedup-{model.pk}-{name}.jsonl"
            setattr(
                job,
                field,
                requests.upload(openai, file_name, upload.jsonl(examples), "fine-tune"),
            )
            job.save(update_fields=[field])
            record(model, f"Uploaded {len(examples)} {name} examples.")

    def _adopt(self, model: DeduplicationModel, job: HostedJob, found: JSONObject) -> None:
        job.upstream_status = found["status"][:64]
        job.save(update_fields=["upstream_status"])
        move(
            model,
            _running(found["status"]) or ModelStatus(model.status),
            f"The provider has the job {found['id']}; estimated cost "
            f"{'unknown' if job.estimated_usd is None else f'{job.estimated_usd:.2f} USD'}.",
            fine_tune_job_id=found["id"],
        )

    def _look(self, openai: Client, model: DeduplicationModel, job: HostedJob) -> None:
        try:
            found = requests.job(openai, model.fine_tune_job_id)
        except Refused as error:
            if error.status != 404:
                raise
            reason = explain.lost_job(model.fine_tune_job_id)
            training_cost.settle(job, None)
            move(model, ModelStatus.FAILED, reason, level="error", error=reason)
            return
        progress.take_events(openai, model, job)
        status = found["status"]
        if status != job.upstream_status:
            if status not in STATUSES:
                record(model, f"The provider calls the job “{status}”; it is not over.")
            job.upstream_status = status[:64]
            job.save(update_fields=["upstream_status"])
        if status == ModelStatus.SUCCEEDED and found.get("fine_tuned_model"):
            self._take_in(openai, model, job, found)
        elif status == ModelStatus.FAILED:
            training_cost.settle(job, found.get("trained_tokens"))
            reason = explain.failed_job(found.get("error"))
            move(model, ModelStatus.FAILED, reason, level="error", error=reason)
        elif status == ModelStatus.CANCELLED:
            training_cost.settle(job, found.get("trained_tokens"))
            move(model, ModelStatus.CANCELLED, "The job was cancelled at the provider.")
        elif (to := _running(status)) and to != model.status:
            move(model, to, f"The job is {status} at the provider.")

    def _take_in(
        self,
        openai: Client,
        model: DeduplicationModel,
        job: HostedJob,
        found: JSONObject,
    ) -> None:
        """Store cost and calibration; only then the job has succeeded. Safe to repeat."""
        name = str(found["fine_tuned_model"])
        training_cost.settle(job, found.get("trained_tokens"))
        data = upload.parts_of(file_of(model))
        parameters = calibrate(name, data)
        move(
            model,
            ModelStatus.SUCCEEDED,
            f"Trained as {name}"
            + (f" on {job.trained_tokens} tokens" if job.trained_tokens else "")
            + (f" for {job.cost_usd:.2f} USD." if job.cost_usd is not None else "."),
            fine_tuned_model_id=name,
            parameters=parameters,
            training_stats={
                **model.training_stats,
                "training": {
                    "examples": len(data.train),
                    "validation_examples": len(data.validation),
                    "trained_tokens": job.trained_tokens,
                    "cost_usd": None if job.cost_usd is None else float(job.cost_usd),
                    "calibration": parameters,
                },
            },
        )


def calibrate(name: str, data: upload.Parts, most: int | None = None) -> Any:
    """Calibrate on the validation part.

    The held-out part is asked about, too, so that the evaluation finds all answers stored and
    cannot fail halfway.
    """
    chosen = data.validation[:most]
    if not chosen:
        raise FineTuningError(
            "No example is left to calibrate the model on. Create more manual decisions."
        )
    try:
        parameters = calibrated(name, chosen, [one.label for one in chosen])
        HostedScorer(name, parameters).probabilities(pairs_of(data))
    except MalformedAnswer as error:  # asking again at every poll would only cost more
        raise FineTuningError(
            f"{name} does not answer in a form that can be used, so it cannot judge pairs: {error}"
        ) from None
    return parameters


def pairs_of(data: upload.Parts) -> list[StatementPair]:
    return list(data.held_out)


def _running(status: str) -> ModelStatus | None:
    """Return the three that a job passes through; None for all others, known or not."""
    known = STATUSES.get(status)
    return known if known in (
        ModelStatus.VALIDATING_FILES, ModelStatus.QUEUED, ModelStatus.RUNNING,
    ) else None  # fmt: skip
