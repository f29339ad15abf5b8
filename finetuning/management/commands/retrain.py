"""Retrain now, as the schedule does."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from finetuning.lifecycle.retraining import AlreadyRetraining, retrain
from finetuning.models import RetrainingRun
from insights.models import RunStatus

POLL_SECONDS = 5


class Command(BaseCommand):
    help = (
        "Train on the new decisions; activate the new version if it is better than the active one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--always", action="store_true", help="even with few new decisions")

    def handle(self, *args: object, always: bool, **options: object) -> None:
        try:
            run = retrain(always=always)
            while run.status == RunStatus.RUNNING:  # a hosted job
                time.sleep(POLL_SECONDS)
                run = retrain()
        except AlreadyRetraining as error:
            raise CommandError(str(error)) from error
        if run.status != RunStatus.SUCCEEDED:
            raise CommandError(run.error)
        self.stdout.write(_sentence(run))


def _sentence(run: RetrainingRun) -> str:
    outcome = run.get_outcome_display().capitalize()
    return f"{outcome}{f' ({run.model})' if run.model else ''}: {run.reason}"
