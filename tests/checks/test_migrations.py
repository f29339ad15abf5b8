"""Migrations are complete and can be taken back."""

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

OURS = {"insights", "finetuning", "dedup_project"}


def test_every_migration_can_be_taken_back():
    found = {
        key: migration
        for key, migration in MigrationLoader(None).disk_migrations.items()
        if key[0] in OURS
    }
    assert {app for app, _ in found} >= {"insights", "finetuning"}
    one_way = [
        (key, operation)
        for key, migration in found.items()
        for operation in migration.operations
        if not operation.reversible
    ]
    assert one_way == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
