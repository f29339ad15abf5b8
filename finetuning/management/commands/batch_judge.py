"""Ask a hosted model by the Batch API: before a large clustering run, or to compare versions."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from finetuning.backends import StatementPair
from finetuning.backends.openai import batches
from finetuning.errors import FineTuningError
from finetuning.evaluation.side_by_side import held_out
from finetuning.inference.prediction import TextPair, text_pair
from finetuning.models import DeduplicationModel
from finetuning.selectors import active_model, version
from insights.clustering.similarity import candidate_pairs
from insights.decider import InsightPair
from insights.embedding.service import load_vectors, serving_model
from insights.models import Insight, InsightStatus, PairLabel
from insights.openai import ProviderError
from insights.review.labels import ordered

LOOK_SECONDS = 60


class Command(BaseCommand):
    help = (
        "Half the price, within a day: the answers are kept, and the next clustering run, or "
        "evaluation, finds them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int, nargs="?", help="default: the active one")
        parser.add_argument(
            "--held-out",
            action="store_true",
            help="about the held-out decisions, for `compare_models`, in place of candidate pairs",
        )
        parser.add_argument("--wait", action="store_true", help="until all have been answered")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model = version(options["version"]) if options["version"] else active_model()
            pairs: Sequence[StatementPair]
            if options["held_out"]:
                pairs = held_out(list(DeduplicationModel.objects.all()))
            else:
                pairs = self._pairs()
            sent = batches.submit(model, pairs)
            self.stdout.write(
                f"{sum(batch.requests for batch in sent)} pairs sent in {len(sent)} batches."
            )
            waiting = batches.unfinished() if options["wait"] else []
            while waiting:
                for batch in list(waiting):
                    if (taken := batches.advance(batch)) is not None:
                        waiting.remove(batch)
                        self.stdout.write(f"{taken.kept} answered, not: {taken.failed or 'none'}")
                if waiting:
                    time.sleep(LOOK_SECONDS)
        except (FineTuningError, ProviderError) as error:
            raise CommandError(str(error)) from error

    def _pairs(self) -> list[TextPair]:
        """As the clustering run asks them: similar enough, and not decided by a person."""
        ids, vectors = load_vectors(
            Insight.objects.filter(
                status=InsightStatus.ACTIVE, embedding_model=serving_model()
            ).order_by("created_at", "pk")
        )
        found = candidate_pairs(vectors, settings.CANDIDATE_SIMILARITY)
        decided = set(PairLabel.objects.values_list("insight1_id", "insight2_id"))
        rows = zip(
            found.left.tolist(), found.right.tolist(), found.similarity.tolist(), strict=True
        )
        asked = [
            (ids[i], ids[j], similarity)
            for i, j, similarity in rows
            if ordered(ids[i], ids[j]) not in decided
        ]
        insights = Insight.objects.in_bulk({pk for one, other, _ in asked for pk in (one, other)})
        return [
            text_pair(InsightPair(insights[one], insights[other], similarity))
            for one, other, similarity in asked
        ]
