"""Cluster the near-duplicates among all active insights."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from insights.clustering.run import AlreadyRunning, run_clustering
from insights.management.bars import progress_bar
from insights.models import RunStatus
from insights.text.plural import counted


class Command(BaseCommand):
    help = "Cluster all active insights. Unchanged open clusters keep their id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--threshold",
            type=float,
            help=f"lowest cosine of a candidate pair (default {settings.CANDIDATE_SIMILARITY})",
        )
        parser.add_argument(
            "--max-size",
            type=int,
            help=f"most members of a cluster (default {settings.CLUSTER_MAX_SIZE})",
        )
        parser.add_argument(
            "--new",
            action="store_true",
            help="incremental: only what has changed since the last run",
        )
        parser.add_argument("--no-progress", action="store_true", help="show no progress bar")

    def handle(
        self,
        *args: object,
        threshold: float | None,
        max_size: int | None,
        new: bool,
        no_progress: bool,
        **options: object,
    ) -> None:
        if threshold is not None and not 0 < threshold <= 1:
            raise CommandError(f"--threshold is {threshold}; give a cosine above 0, at most 1.")
        if max_size is not None and max_size < 2:
            raise CommandError("--max-size must be 2 or more.")
        try:
            with progress_bar(hidden=no_progress) as bar:
                run = run_clustering(
                    threshold=threshold,
                    max_size=max_size,
                    only_new=new,
                    progress=bar,
                )
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        if run.status == RunStatus.CANCELLED:
            raise CommandError("Cancelled; nothing was written.")
        counts = run.counts
        self.stdout.write(
            counted(counts["insights"], "insight")
            + (f", {counts['affected']} of them near a change" if run.only_new else "")
            + f", {counted(counts['candidate_pairs'], 'candidate pair')}"
            + (f", {counts['judged']} judged by {run.model_version}" if run.model_version else "")
            + f": {counted(counts['clusters'], 'cluster')} ({counts['opened']} new, "
            f"{counts['kept']} kept, {counts['superseded']} superseded)"
        )
        if "pair_recall" in counts:
            self.stdout.write(
                f"{counts['pair_recall']:.2%} of the near pairs were found, measured on "
                f"{counts['pairs_sampled']} pairs of sampled insights that were compared with all."
            )
        if counts["pairs_capped"]:
            self.stderr.write(
                self.style.WARNING(
                    f"{counts['pairs_capped']} weaker pairs were left out: some insights resemble "
                    "very many others. Raise --threshold to compare only closer ones."
                )
            )
        self.stdout.write(
            ", ".join(f"{step} {seconds:.1f} s" for step, seconds in run.timings.items())
        )
