"""A base model with the prompt alone, calibrated on decisions: a version like any other."""

from django.conf import settings

from finetuning.backends.openai import explain, upload
from finetuning.backends.openai.scorer import HostedScorer
from finetuning.backends.openai.shutdown import shutdown_date
from finetuning.backends.openai.trainer import calibrate
from finetuning.backends.openai.transient_errors import recorded_for_retry
from finetuning.models import Backend, DeduplicationModel, HostedJob, ModelStatus, TrainingFile
from finetuning.training_data.files import file_of
from finetuning.transitions import move
from insights.openai import client

# It is not trained, so the whole train part can calibrate it; this many pairs are enough.
CALIBRATED_ON = 200


class ZeroShotBackend:
    name: str = Backend.ZERO_SHOT

    @property
    def default_base_model(self) -> str:
        return str(settings.OPENAI_FINE_TUNING_MODEL)

    def start(self, model: DeduplicationModel, training_file: TrainingFile) -> None:
        job, _ = HostedJob.objects.get_or_create(model=model)
        with recorded_for_retry(model, job):
            offered = explain.require_offered(client(), model.base_model)
            job.shutdown_date = shutdown_date(model.base_model, offered)
            job.save(update_fields=["shutdown_date"])
            move(
                model,
                ModelStatus.QUEUED,
                f"{model.base_model} is on offer.",
                fine_tune_job_id=f"prompt-{model.pk.hex[:24]}",
            )

    def advance(self, model: DeduplicationModel) -> None:
        job, _ = HostedJob.objects.get_or_create(model=model)
        if model.status == ModelStatus.QUEUED and not move(
            model, ModelStatus.RUNNING, "Asking about decided pairs to calibrate."
        ):
            return
        with recorded_for_retry(model, job):
            data = upload.parts_of(file_of(model))
            # The validation part first: it also calibrates a fine-tuned version of the same
            # decisions.
            data = upload.Parts([], [*data.validation, *data.train], data.held_out)
            parameters = calibrate(model.base_model, data, most=CALIBRATED_ON)
            move(
                model,
                ModelStatus.SUCCEEDED,
                f"Calibrated on {parameters['calibrated_on']} decided pairs.",
                fine_tuned_model_id=model.base_model,
                parameters=parameters,
                training_stats={**model.training_stats, "training": {"calibration": parameters}},
            )

    def cancel(self, model: DeduplicationModel) -> None:
        """Do nothing: the status alone ends it."""

    def scorer(self, model: DeduplicationModel) -> HostedScorer:
        return HostedScorer(model.fine_tuned_model_id, model.parameters)
