"""Simulate a year on a database of its own; write a report and a picture of the learning.

EMBEDDED_DATABASE=insight_dedup_year python -m benchmarks.year --weeks 52 --seed 1
"""

import argparse
import json
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import django

SUFFIX = "_year"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.year", description=__doc__)
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-week", type=int, default=30, help="new statements per week")
    parser.add_argument("--drift-week", type=int, help="when it begins; default: at half-time")
    parser.add_argument("--out", type=Path, default=Path(), help="folder of year.json, year.svg")
    options = parser.parse_args(arguments)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
    django.setup()
    prepare_database()
    from benchmarks.year.picture import picture
    from benchmarks.year.simulation import Year
    from dedup_project.celery import app

    app.conf.broker_url = "memory://nobody"  # no worker may take these tasks
    began = perf_counter()
    year = Year(
        weeks=options.weeks,
        seed=options.seed,
        per_week=options.per_week,
        drift_week=options.drift_week or options.weeks // 2 + 1,
        say=print,
    )
    report = year.run()
    report["seconds"] = round(perf_counter() - began)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "year.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "year.svg").write_text(picture(report))
    print(summary(report))


def prepare_database() -> None:
    """Migrate an empty database whose name ends in `_year`; exit with a message for any other."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    from insights.models import Insight

    name = str(connection.settings_dict["NAME"])
    if not name.endswith(SUFFIX):
        sys.exit(
            f"The simulation fills its database with made-up decisions, so not “{name}”. "
            f"Give it one whose name ends in “{SUFFIX}”: "
            f"EMBEDDED_DATABASE=insight_dedup{SUFFIX} python -m benchmarks.year"
        )
    call_command("migrate", verbosity=0)
    if Insight.objects.exists() or get_user_model().objects.exists():
        sys.exit(f"“{name}” is in use. Give the simulation an empty database, or drop this one.")


def summary(report: dict[str, Any]) -> str:
    """Return the year in a few lines, losses first."""
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


if __name__ == "__main__":
    main()
