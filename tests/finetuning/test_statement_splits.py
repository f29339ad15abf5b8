"""A statement's side is written down when it is first needed, and stays."""

import threading

import pytest
from django.db import connection

from finetuning.ml.splits import assign_splits
from finetuning.models import StatementSplit
from finetuning.training_data import statement_splits
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.statement_splits import assign_new_statements
from insights.models import Insight
from insights.text.normalise import content_hash


def sides():
    return dict(StatementSplit.objects.values_list("content_hash", "held_out"))


def test_another_share_counts_for_new_statements_only(make_insight, decide, settings):
    settings.HELD_OUT_SHARE = 0.0
    decide([make_insight("a"), make_insight("b")], False)
    assign_new_statements()
    before = sides()

    settings.HELD_OUT_SHARE = 1.0
    decide([make_insight("c"), make_insight("d")], False)
    assign_new_statements()

    assert set(before.values()) == {False}
    assert sides() == before | dict.fromkeys(map(content_hash, "cd"), True)


def test_editing_a_statement_moves_neither_it_nor_those_it_was_decided_with(
    make_insight, decide, settings
):
    settings.HELD_OUT_SHARE = 0.5
    groups = [[make_insight(f"{name}{number}") for name in "abc"] for number in range(12)]
    for group in groups:
        decide(group, False)
    assign_new_statements()
    before = sides()
    assert set(before.values()) == {True, False}

    for first, *_ in groups:
        edited = f"{first.statement}, in other words"
        Insight.objects.filter(pk=first.pk).update(
            statement=edited, content_hash=content_hash(edited)
        )
    assign_new_statements()

    assert before.items() <= sides().items()
    assert len(sides()) == len(before) + len(groups)
    assert build_dataset().bridging == 0


def test_nothing_is_written_twice(decisions, django_assert_num_queries):
    assign_new_statements()
    before = list(StatementSplit.objects.values())
    assert before
    with django_assert_num_queries(4):  # a savepoint, the lock, what is new
        assign_new_statements()
    assert list(StatementSplit.objects.values()) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_waits_and_finds_nothing_to_do(make_insight, decide, monkeypatch):
    decide([make_insight("a"), make_insight("b")], False)
    inside, second_is_done, errors = threading.Event(), threading.Event(), []

    def slowly(*args, **kwargs):
        inside.set()
        second_is_done.wait(0.5)  # it cannot be: it waits for the lock
        return assign_splits(*args, **kwargs)

    def work():
        try:
            assign_new_statements()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    monkeypatch.setattr(statement_splits, "assign_splits", slowly)
    first, second = threading.Thread(target=work), threading.Thread(target=work)
    first.start()
    assert inside.wait(10)
    second.start()
    second.join()
    second_is_done.set()
    first.join()

    assert not errors
    assert len(sides()) == 2
