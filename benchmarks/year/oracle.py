"""Invariants after a simulated year, computed differently from the application."""

from collections import defaultdict

from benchmarks.year.people import Notebook
from finetuning.models import DeduplicationModel, TrainingFile
from finetuning.training_data.files import from_training_file
from insights.models import MergeDecision, PairLabel
from insights.models.decision import HUMAN_KINDS


class InvariantBroken(Exception):
    """The application has lost or leaked something, which the message names."""


def nothing_was_lost(notebook: Notebook) -> dict[str, int]:
    """Check that every human decision is stored and the labels are what people said last."""
    stored = MergeDecision.objects.filter(kind__in=HUMAN_KINDS)
    undone = stored.filter(undone_at__isnull=False).count()
    taken_back = sum(one.taken_back for one in notebook.said)
    if (stored.count(), undone) != (len(notebook.said), taken_back):
        raise InvariantBroken(
            f"People took {len(notebook.said)} decisions and {taken_back} of them back; stored are "
            f"{stored.count()}, {undone} of them undone."
        )
    expected = notebook.in_force()
    rows = PairLabel.objects.values_list("insight1_id", "insight2_id", "is_same")
    found = {frozenset((one, other)): is_same for one, other, is_same in rows}
    wrong = [pair for pair in expected | found if expected.get(pair) is not found.get(pair)]
    if wrong:
        raise InvariantBroken(
            f"{len(wrong)} of {len(expected)} labels are not what people said last, "
            f"the first of {', '.join(map(str, wrong[0]))}."
        )
    return {"decisions": len(notebook.said), "taken_back": taken_back, "labels": len(expected)}


def held_out_stayed_out() -> dict[str, int]:
    """Check that no version was trained on what any version held out.

    This covers statements, pairs and groups of decisions over all versions together: otherwise the
    gate would compare two versions on data that one of them knows.
    """
    sides: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    versions = DeduplicationModel.objects.filter(training_file__isnull=False)
    for file in TrainingFile.objects.defer(None).filter(pk__in=versions.values("training_file")):
        for one in from_training_file(file.content):
            for statement in (one.statement1, one.statement2):
                sides["statement"][statement].add(one.split)
            sides["pair"]["\n".join(sorted((one.statement1, one.statement2)))].add(one.split)
            sides["group"][one.group].add(one.split)
    for kind, split_of in sides.items():
        both = [name for name, splits in split_of.items() if len(splits) > 1]
        if both:
            raise InvariantBroken(
                f"{len(both)} of {len(split_of)} {kind}s were held out by one version and trained "
                f"on by another, the first: {both[0]}"
            )
    return {
        "versions": versions.count(),
        "held_out_statements": sum(
            splits == {"held_out"} for splits in sides["statement"].values()
        ),
        "trained_statements": sum(splits == {"train"} for splits in sides["statement"].values()),
    }
