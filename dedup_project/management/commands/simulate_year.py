"""A simulated year on a database of its own: a report and one picture of how the learning went."""

import json
from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from dedup_project.celery import app
from insights.models import Insight

SUFFIX = "_year"


class Command(BaseCommand):
    help = (
        "Weekly batches, reviews, retraining, audits and a drift, under a fake clock. "
        "EMBEDDED_DATABASE=insight_dedup_year manage.py simulate_year"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=52)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--per-week", type=int, default=30, help="statements that come in")
        parser.add_argument(
            "--drift-week", type=int, help="when it begins; by default after half of the time"
        )
        parser.add_argument(
            "--out", type=Path, default=Path(), help="where year.json and year.svg are written"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from benchmarks.year.simulation import Year
        except ModuleNotFoundError as error:
            raise CommandError(f"{error}: the simulation needs `make setup-dev`.") from error
        from benchmarks.year.picture import picture

        self._empty_database()
        app.conf.broker_url = "memory://nobody"  # no worker may take what is handed over here
        weeks, began = options["weeks"], perf_counter()
        year = Year(
            weeks=weeks,
            seed=options["seed"],
            per_week=options["per_week"],
            drift_week=options["drift_week"] or weeks // 2 + 1,
            say=self.stdout.write,
        )
        report = year.run()
        report["seconds"] = round(perf_counter() - began)
        folder: Path = options["out"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "year.json").write_text(json.dumps(report, indent=1) + "\n")
        (folder / "year.svg").write_text(picture(report))
        self.stdout.write(summary(report))

    def _empty_database(self) -> None:
        name = str(connection.settings_dict["NAME"])
        if not name.endswith(SUFFIX):
            raise CommandError(
                f"The simulation fills its database with made-up decisions and would not touch "
                f"“{name}”. Give it one whose name ends in “{SUFFIX}”: "
                f"EMBEDDED_DATABASE=insight_dedup{SUFFIX} manage.py simulate_year"
            )
        call_command("migrate", verbosity=0)
        if Insight.objects.exists() or get_user_model().objects.exists():
            raise CommandError(
                f"“{name}” is in use. Give the simulation an empty database, or drop this one."
            )


def summary(report: dict[str, Any]) -> str:
    """The year in a few lines, its losses first."""
    weeks = report["weeks"]
    merged = sum(week["merged"] for week in weeks)
    wrong = merged - sum(week["truly_right"] for week in weeks)
    near = sum(week["near_misses"] for week in weeks)
    gates = {name: sum(week["gate"] == name for week in weeks) for name in ("activated", "kept")}
    due = sum(week["duplicates"] for week in weeks)
    right = sum(week["truly_right"] for week in weeks)
    lost, held_out = report["lost"], report["held_out"]
    stops = sum(bool(week["stopped"]) for week in weeks)
    undone = sum(week["undone"] for week in weeks)
    return (
        f"{wrong} of {merged} automatic merges were wrong, {near} of them of near misses.\n"
        f"{right} of {due} statements that said what was known were merged by a model.\n"
        f"Automatic merging was stopped {stops} times, for "
        f"{sum(week['is_stopped'] for week in weeks)} of {len(weeks)} weeks, and {undone} merges "
        "were undone by the lead.\n"
        f"The gate let {gates['activated']} versions through and kept the active one "
        f"{gates['kept']} times.\n"
        f"Asserted: {lost['decisions']} human decisions and {lost['labels']} labels, none lost; "
        f"{held_out['held_out_statements']} held-out statements, none trained on by any of "
        f"{held_out['versions']} versions.\n"
        f"{report['seconds']} seconds."
    )
