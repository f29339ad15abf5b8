"""A version's training file: its examples as JSON Lines, written once."""

import json
from collections.abc import Iterable
from dataclasses import fields
from uuid import UUID

from finetuning.ml.splits import Split
from finetuning.models import DeduplicationModel, TrainingFile
from finetuning.training_data.dataset import TrainingExample


def row_of(example: TrainingExample, *, without: str) -> str:
    """Return the example as a JSON object on one line."""
    values = {
        one.name: getattr(example, one.name) for one in fields(example) if one.name != without
    }
    return json.dumps(values, ensure_ascii=False, default=str)


def to_training_file(examples: Iterable[TrainingExample]) -> str:
    """Return JSON Lines, without reviewers; the same decisions give the same bytes."""
    return "".join(row_of(one, without="reviewer") + "\n" for one in examples)


def from_training_file(content: str) -> list[TrainingExample]:
    examples = []
    for line in content.split("\n")[:-1]:  # not splitlines(): a statement may hold U+2028
        row = json.loads(line)
        for name in ("insight1_id", "insight2_id", "decision_id"):
            row[name] = UUID(row[name])
        examples.append(TrainingExample(**row))
    return examples


def file_of(model: DeduplicationModel) -> TrainingFile:
    """Return the file with its content. Raises TrainingFile.DoesNotExist if there is none."""
    return TrainingFile.objects.defer(None).get(pk=model.training_file_id)


def examples_of(model: DeduplicationModel, split: Split | None = None) -> list[TrainingExample]:
    """Return what it was trained and measured on, or one split of it; empty without a file."""
    if model.training_file_id is None:
        return []
    examples = from_training_file(file_of(model).content)
    return [one for one in examples if split in (None, one.split)]


def trained_statements(examples: Iterable[TrainingExample]) -> set[str]:
    """Return the statements of all pairs in the train part."""
    return {
        statement
        for one in examples
        if one.split == "train"
        for statement in (one.statement1, one.statement2)
    }
