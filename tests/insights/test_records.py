"""The same record again is the same occurrence; what a row says is kept; no text is lost."""

import os
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from dedup_project.embedded.place import home
from insights.clustering import pipeline
from insights.clustering.run import kept_files, run_clustering
from insights.ingest.pipeline import process
from insights.ingest.readers import Columns
from insights.ingest.removal.erasure import NobodyFound, erase
from insights.ingest.removal.source import CannotRestore, preview_removal, remove, restore
from insights.ingest.sources import read, register, remember_columns
from insights.ingest.take_in import take_in
from insights.models import Insight, InsightSource, LeftOutText, ProcessingRun, Source

pytestmark = pytest.mark.django_db


def ingest(text, name="a.csv"):
    data = text.encode()
    content = read(name, data)
    source, _ = register(name, data, content)
    return process(source, content=content)


def occurrences():
    return sorted(InsightSource.objects.values_list("external_id", "statement"))


WEEK_1 = "response_id,person,insight\n1,Ida,The hall is cold.\n2,Tom,The door jams.\n"


def test_an_export_three_times_overlapping_changes_no_count():
    ingest(WEEK_1)
    before = occurrences()
    assert ingest(WEEK_1 + "\n", "b.csv").counts["known"] == 2
    third = ingest(WEEK_1 + "3,Ann,The bell is quiet.\n", "c.csv")
    assert (third.counts["known"], third.counts["created"]) == (2, 1)
    assert occurrences() == [*before, ("3", "The bell is quiet.")]


def test_a_changed_text_is_a_new_version_of_its_occurrence():
    ingest(WEEK_1)
    run = ingest(WEEK_1.replace("The door jams.", "The door is mended."), "b.csv")
    assert run.counts["revised"] == 1
    changed = InsightSource.objects.get(external_id="2")
    assert (changed.version, changed.statement) == (2, "The door is mended.")
    assert [past["statement"] for past in changed.previous] == ["The door jams."]
    assert Insight.objects.get(statement="The door jams.").status == "retired"
    ingest(WEEK_1 + "\n\n", "c.csv")
    assert Insight.objects.get(statement="The door jams.").status == "active"


def test_another_survey_with_the_same_numbers_is_another():
    ingest(WEEK_1)
    run = ingest(
        "response_id,person,insight\n1,Al,The soup is salty.\n2,Bo,The bread is old.\n", "food.csv"
    )
    assert (run.counts["known"], run.counts["revised"], run.counts["created"]) == (0, 0, 2)
    assert InsightSource.objects.count() == 4


def test_rows_without_ids_are_known_by_their_content_and_the_same_words_twice_are_two():
    rows = "comment,score\nThe hall is cold.,1\nThe hall is cold.,1\nThe door jams.,2\n"
    ingest(rows)
    assert InsightSource.objects.count() == 3
    run = ingest(rows + "The bell is quiet.,3\n", "b.csv")
    assert (run.counts["known"], run.counts["created"]) == (3, 1)


def test_a_chat_exported_again_brings_only_what_is_new():
    first = (
        "[03/02/26, 10:02:33] Ida: The hall is cold.\n[03/02/26, 10:03:33] Tom: The door jams.\n"
    )
    ingest(first, "chat.txt")
    run = ingest(first + "[04/02/26, 10:03:33] Tom: The bell is quiet.\n", "chat (1).txt")
    assert (run.counts["known"], run.counts["created"]) == (2, 1)


def test_what_a_row_says_is_kept_with_its_occurrence():
    ingest(
        "Ticket ID,Subject,Description,Requester,Organization,Created at,Channel\n"
        "7,Lift,The lift is slow.,Ida,House Ltd,2026-02-03,mail\n"
    )
    found = InsightSource.objects.get()
    assert (found.external_id, found.person, found.company) == ("7", "Ida", "House Ltd")
    assert (found.date, found.segment) == ("2026-02-03", "mail")


def test_speakers_of_a_transcript_are_people():
    ingest(
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Ida Moss>The lift is slow.</v>\n", "call.vtt"
    )
    found = InsightSource.objects.get()
    assert (found.person, found.locator) == ("Ida Moss", "00:00:01")


def test_texts_without_a_statement_are_listed_and_one_call_takes_them_in():
    run = ingest("id,comment\n1,The lift is slow.\n2,Thank you!\n3,Why so slow?\n4,N/A\n")
    assert (run.counts["texts"], run.counts["no_statement"]) == (4, 3)
    reasons = list(LeftOutText.objects.values_list("external_id", "reason"))
    assert [one for one, _ in reasons] == ["2", "3", "4"]
    assert dict(reasons)["3"] == "a question"

    source = Source.objects.get()
    assert take_in(source, only=[LeftOutText.objects.get(external_id="3").pk]) == 1
    assert Insight.objects.filter(statement="Why so slow?").exists()
    assert take_in(source) == 2
    assert take_in(source) == 0
    assert not source.left_out_texts.filter(taken_in_at=None).exists()
    assert InsightSource.objects.count() == 4


def test_contacts_are_redacted_when_the_setting_asks_for_it(settings):
    settings.REDACT_CONTACTS = True
    ingest("comment\nCall me on +49 170 1234567 or ida@example.org about the 2026-02-03 outage.\n")
    assert Insight.objects.get().statement == (
        "Call me on [phone] or [e-mail] about the 2026-02-03 outage."
    )


def test_redaction_reaches_left_out_texts_and_further_columns(settings):
    settings.REDACT_CONTACTS = True
    ingest(
        "comment,Reply to\nMail ida@example.org?,ida@example.org\n"
        "The hall is cold.,+49 170 1234567\n"
    )
    assert LeftOutText.objects.get().text == "Mail [e-mail]?"
    assert LeftOutText.objects.get().attributes == {"Reply to": "[e-mail]"}
    assert InsightSource.objects.get().attributes == {"Reply to": "[phone]"}


def test_a_removed_source_takes_its_insights_with_it_and_comes_back():
    ingest(WEEK_1)
    ingest("insight\nThe hall is cold.\nThe bell is quiet.\n", "other.csv")
    source = Source.objects.get(name="a.csv")
    before = list(InsightSource.objects.order_by("pk").values())
    seen = preview_removal(source)
    assert (seen.occurrences, seen.insights_that_go, seen.insights_that_stay) == (2, 1, 1)

    remove(source)
    assert InsightSource.objects.count() == 2
    assert Insight.objects.get(statement="The door jams.").status == "retired"
    assert Insight.objects.get(statement="The hall is cold.").status == "active"

    assert restore(source) == 2
    assert list(InsightSource.objects.order_by("pk").values()) == before
    assert not Insight.objects.filter(status="retired").exists()
    with pytest.raises(CannotRestore):
        restore(Source.objects.get(pk=source.pk))


def test_a_choice_of_columns_is_kept_for_the_next_file():
    remember_columns(["Nr", "Was"], Columns(text=("Was",), roles={"id": "Nr"}))
    run = ingest("nr,was\n1,Lift kaputt\n")
    assert InsightSource.objects.get(run=run).external_id == "1"


def test_a_folder_is_walked_and_what_is_left_out_ends_with_a_code(tmp_path, capsys):
    inner = tmp_path / "week 2"
    inner.mkdir()
    (tmp_path / "a.txt").write_text("The lift is slow.")
    (inner / "b.md").write_text("The door jams in winter.")
    (inner / "c.pages").write_text("x")
    (inner / "bad.pdf").write_bytes(b"%PDF-1.4 no")
    with pytest.raises(CommandError, match=r"1 file\(s\) could not be imported"):
        call_command("ingest", str(tmp_path), "--no-progress")
    assert Insight.objects.count() == 2
    assert "week 2/c.pages" in capsys.readouterr().err

    (inner / "bad.pdf").unlink()
    with pytest.raises(CommandError) as caught:
        call_command("ingest", str(tmp_path), "--no-progress")
    assert caught.value.returncode == 3


def test_columns_and_a_dry_run_by_command(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("Nr,Wer,Was\n1,Ida,Lift kaputt\n")
    call_command("ingest", str(path), "--column", "text=was", "--column", "person=Wer", "--dry-run")
    assert "1 statement," in capsys.readouterr().out
    assert not ProcessingRun.objects.exists()
    call_command("ingest", str(path), "--column", "text=Was", "--column", "person=Wer")
    assert InsightSource.objects.get().person == "Ida"
    with pytest.raises(CommandError, match="ROLE=NAME"):
        call_command("ingest", str(path), "--column", "Was")


def everything():
    """All rows of our tables as text, as a search over a dump would see them."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label in ("insights", "finetuning") and model._meta.managed:
            found += [str(row) for row in model._default_manager.defer(None).values()]
    return "\n".join(found)


def test_an_erased_person_is_found_nowhere(tmp_path, settings):
    ingest(
        "response_id,person,insight\n1,Ida Moss,The hall is cold at night.\n"
        "2,Tom Reed,The hall is cold at night.\n3,Ida Moss,Ida Moss cannot reach the bell.\n"
    )
    ingest("comment\nWe asked ida moss about the bell and it rings.\n", "b.csv")
    export = tmp_path / "export.jsonl"
    export.write_text("Ida Moss cannot reach the bell.\nThe door jams.\n")

    left_by_a_kill = Path(settings.VAR) / "joins" / "old"
    left_by_a_kill.mkdir(parents=True)

    done = erase("ida moss", folders=(tmp_path,))

    assert not left_by_a_kill.exists()
    assert (done.occurrences, len(done.insights), sorted(done.sources)) == (
        2,
        1,
        ["a.csv", "b.csv"],
    )
    assert "ida moss" not in everything().lower()
    assert "cannot reach the bell" not in everything()
    assert "The hall is cold at night." in everything(), "somebody else said it as well"
    assert export.read_text() == "The door jams.\n"
    with pytest.raises(NobodyFound):
        erase("ida moss")


def test_a_clustering_run_that_loaded_before_the_erasure_keeps_no_vector_of_it(
    settings, tmp_path, monkeypatch
):
    settings.VAR = tmp_path
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    ingest("person,insight\nIda Moss,The hall is cold at night.\nTom,The door jams.\n")
    load = pipeline.load_corpus

    def and_then_ida_is_erased(*only):
        corpus = load(*only)
        erase("Ida Moss")
        return corpus

    run_clustering()
    assert list(kept_files().iterdir())
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(pipeline, "load_corpus", and_then_ida_is_erased)
        assert run_clustering().status == "succeeded"
    assert not list(kept_files().iterdir())
    assert not run_clustering(only_new=True).only_new


@pytest.mark.django_db(transaction=True)
def test_not_even_the_databases_own_files_hold_an_erased_person(settings):
    if os.environ.get("DATABASE_URL"):
        pytest.skip("The files of another server are out of reach.")
    folder = home(settings.VAR) / "data"
    name = f"Zita {uuid4().hex}"
    ingest(f"response_id,person,insight\n1,{name},The hall is cold for {name}.\n")
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    assert files_with(name, folder)
    erase(name)
    assert files_with(name, folder) == []


def files_with(words, folder):
    found = subprocess.run(
        ["grep", "--recursive", "--text", "--files-with-matches", words, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.splitlines()


def test_one_repeat_and_two_are_told_in_grammar(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("id,text\n1,The lift is slow.\n2,The lift is slow.\n")
    call_command("ingest", str(tmp_path), "--no-progress")
    assert "2 statements, 1 new insight, 1 exact repeat, 0 merged" in capsys.readouterr().out
