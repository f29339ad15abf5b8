"""The provider's state and endpoints: models, embeddings, chat, files, fine-tuning."""

import base64
import itertools
import json
import math
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.openai.standin import checks
from tests.openai.standin.brains import Brain
from tests.openai.standin.checks import Refusal

BASE_MODELS = {
    "gpt-4o-mini-2024-07-18": "2027-01-14",
    "gpt-4.1-mini-2025-04-14": "2027-01-14",
    "gpt-5-mini": None,
    "text-embedding-3-small": None,
}
REASONING = {"gpt-5-mini"}
TRAINABLE = {"gpt-4o-mini-2024-07-18", "gpt-4.1-mini-2025-04-14"}
PLAN = ["validating_files", "queued", "running", "running", "succeeded"]
CSV = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"


@dataclass
class Provider:
    """`plan`: the statuses that a job shows, one a look; the last one stays."""

    brain: Brain = field(default_factory=Brain)
    key: str = "sk-planted-0123456789abcdef"
    plan: list[str] = field(default_factory=lambda: list(PLAN))
    job_error: dict[str, Any] | None = None
    base64_results: bool = True
    logprobs: bool = True
    wind_down: bool = False

    def __post_init__(self):
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self.models = dict(BASE_MODELS)
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.plans: dict[str, list[str]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.checkpoints: dict[str, list[dict[str, Any]]] = {}

    def _id(self, prefix):
        return f"{prefix}{next(self.numbers):08d}"

    # --- Models and embeddings ----------------------------------------------------------------

    def list_models(self):
        return {
            "object": "list",
            "data": [
                {"id": name, "object": "model", "created": 1, "owned_by": "system",
                 "shutdown_date": date}
                for name, date in self.models.items()
            ],
        }  # fmt: skip

    def _require_model(self, name):
        if name not in self.models:
            raise Refusal(
                f"The model `{name}` does not exist or you do not have access to it.",
                status=404, code="model_not_found",
            )  # fmt: skip

    def embeddings(self, body):
        texts = checks.embeddings(body)
        self._require_model(body["model"])
        vectors = self.brain.embed(texts, body.get("dimensions", 1536))
        # The real ones do not come back bit for bit.
        vectors = vectors * (1 + 1e-7 * next(self.numbers) % 1e-5)
        used = sum(map(checks.tokens, texts))
        return {
            "object": "list",
            "model": body["model"],
            "data": [
                {"object": "embedding", "index": i, "embedding": _encoded(row, body)}
                for i, row in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }

    # --- Chat ---------------------------------------------------------------------------------

    def chat(self, body):
        model = body.get("model") if isinstance(body, dict) else None
        checks.chat(body, reasoning=model in REASONING)
        self._require_model(model)
        if body.get("logprobs") and not self.logprobs:
            raise Refusal("You are not allowed to request logprobs from this model", status=403)
        prompt = body["messages"][-1]["content"]
        logprobs = None
        form = (body.get("response_format") or {}).get("json_schema")
        in_words = "JSON schema" in body["messages"][0]["content"]
        if in_words or (form and "insights" in form["schema"]["properties"]):
            content = json.dumps({"insights": self.brain.extract(prompt)})
        else:
            yes = min(1 - 1e-12, max(1e-12, self.brain.judge(model, prompt)))
            if form:
                content = json.dumps({"same": yes >= 0.5, "confidence": max(yes, 1 - yes)})
            else:
                content = "Yes" if yes >= 0.5 else "No"
                if body.get("logprobs"):
                    logprobs = _logprobs(yes, content, body.get("top_logprobs", 0))
        used = sum(checks.tokens(one["content"]) for one in body["messages"])
        answered = checks.tokens(content)
        return {
            "id": self._id("chatcmpl-"),
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "logprobs": logprobs,
                    "message": {"role": "assistant", "content": content, "refusal": None},
                }
            ],
            "usage": {
                "prompt_tokens": used,
                "completion_tokens": answered,
                "total_tokens": used + answered,
            },
        }

    # --- Files --------------------------------------------------------------------------------

    def create_file(self, fields, name, data):
        if set(fields) - {"purpose", "expires_after[anchor]", "expires_after[seconds]"}:
            raise Refusal("Unrecognized request argument.")
        purpose = fields.get("purpose")
        if purpose not in {"fine-tune", "assistants", "vision", "user_data", "evals"}:
            raise Refusal(f"'{purpose}' is not one of the purposes.", param="purpose")
        if not data:
            raise Refusal("The file is empty.", param="file")
        if purpose == "fine-tune":
            checks.jsonl(data)
        return self._store(name, data, purpose)

    def _store(self, name, data, purpose):
        number = self._id("file-")
        self.contents[number] = data
        self.files[number] = {
            "id": number, "object": "file", "bytes": len(data), "created_at": int(time.time()),
            "filename": name, "purpose": purpose, "status": "processed",
        }  # fmt: skip
        return self.files[number]

    def file(self, number):
        if number not in self.files:
            raise Refusal(f"No such File object: {number}", status=404)
        return self.files[number]

    # --- Fine-tuning --------------------------------------------------------------------------

    def create_job(self, body):
        checks.job(body)
        if self.wind_down:
            raise Refusal(
                "Your organization is not permitted to create fine-tuning jobs.", status=403,
                code="permission_denied",
            )  # fmt: skip
        if body["model"] not in TRAINABLE:
            raise Refusal(f"Model {body['model']} is not available for fine-tuning.", status=400,
                          code="model_not_available", param="model")  # fmt: skip
        seen: list[set[str]] = []
        for name in ("training_file", "validation_file"):
            if name not in body:
                continue
            if self.file(body[name])["purpose"] != "fine-tune":
                raise Refusal(f"{name} must have the purpose 'fine-tune'.", param=name)
            examples = checks.training_examples(self.contents[body[name]])
            if name == "training_file" and len(examples) < 10:
                raise Refusal(
                    f"Training file has {len(examples)} example(s), but must have at least 10.",
                    param=name, code="invalid_n_examples",
                )  # fmt: skip
            seen.append({json.dumps(one) for one in examples})
        if len(seen) == 2 and seen[0] & seen[1]:
            raise Refusal("Training and validation files overlap.", param="validation_file")
        number = self._id("ftjob-")
        self.plans[number] = list(self.plan)
        hyper = ((body.get("method") or {}).get("supervised") or {}).get("hyperparameters") or {}
        self.jobs[number] = {
            "id": number, "object": "fine_tuning.job", "created_at": int(time.time()),
            "error": None, "fine_tuned_model": None, "finished_at": None,
            "hyperparameters": {"n_epochs": "auto", "batch_size": "auto",
                                "learning_rate_multiplier": "auto", **hyper},
            "model": body["model"], "organization_id": "org-standin", "result_files": [],
            "seed": body.get("seed", 1), "status": "validating_files", "trained_tokens": None,
            "training_file": body["training_file"],
            "validation_file": body.get("validation_file"), "estimated_finish": None,
            **{name: body[name] for name in ("metadata", "method") if name in body},
        }  # fmt: skip
        self.events[number] = []
        self.checkpoints[number] = []
        self._event(number, "Created fine-tuning job")
        return self.jobs[number]

    def _event(self, number, message, level="info", kind="message", data=None):
        self.events[number].append({
            "id": self._id("ftevent-"), "object": "fine_tuning.job.event",
            "created_at": int(time.time()), "level": level, "message": message, "type": kind,
            "data": data or {},
        })  # fmt: skip

    def job(self, number):
        if number not in self.jobs:
            raise Refusal(f"Could not find fine tune: {number}", status=404,
                          code="fine_tune_not_found")  # fmt: skip
        job = self.jobs[number]
        plan = self.plans[number]
        if job["status"] not in {"succeeded", "failed", "cancelled"}:
            status = plan.pop(0) if len(plan) > 1 else plan[0]
            if status != job["status"]:
                self._event(number, f"The job is now {status}")
            job["status"] = status
            if status == "running":
                step = len([one for one in self.events[number] if one["type"] == "metrics"]) + 1
                self._event(
                    number,
                    f"Step {step}: training loss={1 / step:.2f}",
                    kind="metrics",
                    data={"step": step, "train_loss": 1 / step, "valid_loss": 1.2 / step},
                )
            if status == "succeeded":
                self._succeed(job)
            if status == "failed":
                job["error"] = self.job_error or {
                    "code": "invalid_training_file", "message": "The file could not be read.",
                    "param": "training_file",
                }  # fmt: skip
                job["finished_at"] = int(time.time())
        return job

    def _succeed(self, job):
        examples = checks.training_examples(self.contents[job["training_file"]])
        suffix = job["id"][-8:]
        name = f"ft:{job['model']}:standin::{suffix}"
        self.brain.train(name, examples)
        self.models[name] = self.models.get(job["model"])
        epochs = job["hyperparameters"]["n_epochs"]
        epochs = 3 if epochs == "auto" else epochs
        text = CSV + "".join(f"{n},{1 / n:.4f},0.9,{1.2 / n:.4f},0.88\n" for n in range(1, 6))
        data = base64.b64encode(text.encode()) if self.base64_results else text.encode()
        result = self._store("step_metrics.csv", data, "fine-tune-results")
        for step in (2, 4):
            self.checkpoints[job["id"]].append({
                "id": self._id("ftckpt_"), "object": "fine_tuning.job.checkpoint",
                "created_at": int(time.time()), "fine_tuning_job_id": job["id"],
                "fine_tuned_model_checkpoint": f"{name}:ckpt-step-{step}", "step_number": step,
                "metrics": {"step": step, "train_loss": 1 / step, "valid_loss": 1.2 / step,
                            "full_valid_loss": 1.1 / step},
            })  # fmt: skip
            self.models[f"{name}:ckpt-step-{step}"] = self.models[job["model"]]
        job.update(
            fine_tuned_model=name,
            finished_at=int(time.time()),
            result_files=[result["id"]],
            trained_tokens=epochs
            * sum(checks.tokens(m["content"]) for one in examples for m in one),
        )
        self._event(job["id"], "The job has successfully completed")

    def cancel_job(self, number):
        job = self.jobs[number]
        if job["status"] in {"succeeded", "failed", "cancelled"}:
            raise Refusal("Job has already completed.", code="invalid_state")
        job["status"] = "cancelled"
        return job


def _encoded(row, body):
    if body.get("encoding_format") == "base64":
        return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()
    return [float(value) for value in row]


def _logprobs(yes, content, top):
    """The answer's probability spread over spellings, as the real models do."""
    spread = [
        ("Yes", yes * 0.9), (" yes", yes * 0.08), ("YES", yes * 0.02),
        ("No", (1 - yes) * 0.9), ("no", (1 - yes) * 0.1),
    ]  # fmt: skip
    tokens = sorted(((math.log(p), token) for token, p in spread if p > 0), reverse=True)[:top]

    def entry(token, logprob):
        return {"token": token, "logprob": max(logprob, -9999.0), "bytes": list(token.encode())}

    first = entry(content, {t: lp for lp, t in tokens}.get(content, -9999.0))
    first["top_logprobs"] = [entry(token, logprob) for logprob, token in tokens]
    return {"content": [first], "refusal": None}
