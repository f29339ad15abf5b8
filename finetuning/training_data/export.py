"""Training data for others: OpenAI's chat JSON Lines, and JSON for analysis.

Streamed: only a batch of the texts is in memory at a time.
"""

import json
from collections.abc import Iterator

from finetuning.training_data.dataset import Dataset, TrainingExample, require_some
from finetuning.training_data.prompt import training_line
from finetuning.training_data.statistics import statistics
from insights.types import JSONObject


def export_openai_jsonl(dataset: Dataset) -> Iterator[str]:
    """Yield the training part, one example a line. Raises NoTrainingData before the first."""
    require_some(dataset)
    return (
        training_line(one.statement1, one.statement2, one.label)
        for one in dataset.examples("train")
    )


def export_json(dataset: Dataset, *, stats: bool = False) -> Iterator[str]:
    """Yield one object, {"statistics": {...}, "examples": [...]}, in pieces.

    Raises NoTrainingData before the first piece.
    """
    require_some(dataset)
    return _json_pieces(dataset, statistics(dataset) if stats else None)


def _json_pieces(dataset: Dataset, stats: JSONObject | None) -> Iterator[str]:
    yield "{"
    if stats is not None:
        yield f'"statistics": {json.dumps(stats, ensure_ascii=False)},\n'
    yield '"examples": ['
    for number, example in enumerate(dataset.examples()):
        yield ("\n" if number == 0 else ",\n") + json.dumps(_row(example), ensure_ascii=False)
    yield "\n]}\n"


def _row(example: TrainingExample) -> JSONObject:
    return {
        "insight1_id": str(example.insight1_id),
        "insight2_id": str(example.insight2_id),
        "statement1": example.statement1,
        "statement2": example.statement2,
        "similarity": example.similarity,
        "label": example.label,
        "split": example.split,
        "decision_id": str(example.decision_id),
        "decision_kind": example.decision_kind,
        "reviewer": example.reviewer,
    }
