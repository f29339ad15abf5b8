"""Start a fine-tuning job for a request: choose the backend, start once, hand over to a worker."""

from celery import current_app
from django.conf import settings
from rest_framework.request import Request

from finetuning.backends import backend_named
from finetuning.lifecycle.polling import advance
from finetuning.lifecycle.start import start_fine_tuning
from finetuning.models import Backend, DeduplicationModel, ModelStatus
from insights.api.http.problems import Problem, Unprocessable

CONNECT_SECONDS = 2


def start(request: Request, *, base_model: str | None, backend: str | None) -> DeduplicationModel:
    """Start a version, or return that of the same decisions; without a broker, train it now.

    Raises FineTuningError; Problem 502 if the backend refused it.
    """
    model = _left_by_the_first_try(request)
    if model is None:
        name = backend or backend_for(base_model)
        local = name == Backend.LOCAL and backend is None
        if not local:
            _refuse_unknown_base(name, base_model)
        model = start_fine_tuning(
            base_model=None if local else base_model,
            backend=name,
            created_by=request.user,
            same_again=False,
        )
    if model.status == ModelStatus.FAILED:
        raise Problem(
            f"{model} could not be started: {model.error} Fix that, then start another one.",
            code="backend_refused",
            status=502,
        )
    if not _broker_is_there():
        model = advance(model.pk)
    return model


def _refuse_unknown_base(name: str, base_model: str | None) -> None:
    """Refuse an unknown base model of the local backend before a version fails for it."""
    own = backend_named(name).default_base_model
    if name == Backend.LOCAL and base_model not in (None, own):
        raise Unprocessable(
            f"Invalid base model “{base_model}”: the local backend has “{own}” only. Leave it out.",
            code="invalid_base_model",
        )


def backend_for(base_model: str | None) -> str:
    """Return the local backend for its own base model, and if no provider's key is set."""
    own = backend_named(Backend.LOCAL).default_base_model
    hosted = base_model not in (None, own) and settings.OPENAI_API_KEY
    return Backend.OPENAI if hosted else Backend.LOCAL


def _left_by_the_first_try(request: Request) -> DeduplicationModel | None:
    """Return the version of a request whose first attempt crashed after creating it."""
    first_tried_at = getattr(request, "first_tried_at", None)
    if first_tried_at is None:
        return None
    return (
        DeduplicationModel.objects.filter(
            created_by_id=request.user.pk, created_at__gte=first_tried_at
        )
        .order_by("version")
        .first()
    )


def _broker_is_there() -> bool:
    if current_app.conf.task_always_eager:
        return True
    try:
        with current_app.connection_for_write(connect_timeout=CONNECT_SECONDS) as connection:
            connection.ensure_connection(max_retries=0, timeout=CONNECT_SECONDS)
    except Exception:  # any error of kombu, Redis or the embedded server
        return False
    return True
