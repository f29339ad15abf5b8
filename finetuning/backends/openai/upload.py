"""The uploaded training part, less a share that calibrates the result.

No backend trains, validates or calibrates on the held-out part, so versions of all backends are
measured on the same decisions.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from finetuning.errors import FineTuningError
from finetuning.ml.data.folds import linked_groups
from finetuning.models import TrainingFile
from finetuning.training_data.dataset import TrainingExample
from finetuning.training_data.files import from_training_file
from finetuning.training_data.prompt import training_line
from insights.openai.prices import tokens_in

VALIDATION_SHARE = 0.2
LEAST_EXAMPLES = 10  # the provider's
MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Parts:
    train: list[TrainingExample]
    validation: list[TrainingExample]
    held_out: list[TrainingExample]


def parts_of(file: TrainingFile) -> Parts:
    """Return the same parts for the same file; no statement and no cluster is in two of them."""
    examples = from_training_file(file.content)
    pairs = [one for one in examples if one.split == "train"]
    held_out = [one for one in examples if one.split == "held_out"]
    validation = _drawn(pairs)
    train = [one for row, one in enumerate(pairs) if row not in validation]
    return Parts(train, [pairs[row] for row in sorted(validation)], held_out)


def _drawn(pairs: Sequence[TrainingExample]) -> set[int]:
    """Return the validation part: whole components in hashed order, a fifth of each label."""
    if not pairs:
        return set()
    component = linked_groups(
        [one.statement1 for one in pairs],
        [one.statement2 for one in pairs],
        [one.group for one in pairs],
    )
    rows: dict[int, list[int]] = {}
    for row, number in enumerate(component.tolist()):
        rows.setdefault(number, []).append(row)
    room = {
        label: round(VALIDATION_SHARE * sum(one.label == label for one in pairs))
        for label in (True, False)
    }
    drawn: set[int] = set()
    for members in sorted(rows.values(), key=lambda each: _hash([pairs[row] for row in each])):
        counts = {
            label: sum(pairs[row].label == label for row in members) for label in (True, False)
        }
        if all(counts[label] <= room[label] for label in room):
            drawn.update(members)
            for label, count in counts.items():
                room[label] -= count
    return drawn


def _hash(examples: Sequence[TrainingExample]) -> bytes:
    first = min(one.statement1 for one in examples)
    return hashlib.sha256(b"validation:" + first.encode()).digest()


def jsonl(examples: Sequence[TrainingExample]) -> bytes:
    """Return the file. Raises FineTuningError if the provider would refuse its size."""
    data = "".join(
        training_line(one.statement1, one.statement2, one.label) for one in examples
    ).encode()
    if len(data) > MOST_BYTES:
        raise FineTuningError(
            f"The training file has {len(data)} bytes; the provider takes {MOST_BYTES} at most."
        )
    return data


def require_enough(parts: Parts) -> None:
    if len(parts.train) < LEAST_EXAMPLES:
        raise FineTuningError(
            f"Insufficient training data. The provider needs {LEAST_EXAMPLES} examples, and "
            f"{len(parts.train)} are left besides the {len(parts.validation)} for calibration. "
            "Create more manual decisions."
        )


def training_tokens(examples: Sequence[TrainingExample]) -> int:
    """Return an upper bound of one epoch's tokens."""
    return sum(
        tokens_in(training_line(one.statement1, one.statement2, one.label)) for one in examples
    )
