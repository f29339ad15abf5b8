"""Training data for others: OpenAI's chat JSON Lines, and JSON for analysis.

Streamed: only a batch of the texts is in memory at a time.
"""

import json
from collections.abc import Iterator

from finetuning.training_data.dataset import Dataset, require_some
from finetuning.training_data.files import row_of
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
        yield ("\n" if number == 0 else ",\n") + row_of(example, without="group")
    yield "\n]}\n"
