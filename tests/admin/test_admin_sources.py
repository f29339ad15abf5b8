"""The upload page: good files are kept, refused ones say why, no broker is no dead end."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from insights.models import Insight, InsightSource, ProcessingRun, RunStatus, Source

ADD = "admin:insights_source_add"


def file(name, text):
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def upload(client, *files, **fields):
    return client.post(reverse(ADD), {"file": list(files), **fields})


def page_of(source):
    return reverse("admin:insights_source_change", args=[source.pk])


def test_good_files_are_kept_and_handed_to_a_worker_while_bad_ones_say_why(as_reviewer, queued):
    response = upload(
        as_reviewer,
        file("good.csv", "insight\nThe rota is late\n"),
        file("bad.csv", "insight,page\nThe rota is late,1\na,2,3\n"),
        file("image.png", b"\x89PNG"),
        file("binary.txt", b"\x00\x01\x02"),
        file("empty.txt", ""),
    )

    source = Source.objects.get()
    assert (source.name, source.created_by.username) == ("good.csv", "rosa")
    run = source.runs.get(status=RunStatus.QUEUED)
    assert queued == [("process_source", (str(run.pk),))]
    page = response.content.decode()
    assert "4 files could not be imported" in page
    assert "line 3" in page
    assert "image.png" in page
    assert page_of(source) in page


def test_the_list_says_what_the_last_run_of_each_source_gave(as_reviewer):
    upload(as_reviewer, file("notes.csv", "insight\nThe rota is late\n"))
    source = Source.objects.get()
    before = source.runs.get()
    counts = {"statements": 7, "created": 5, "merged": 2}
    source.runs.create(status=RunStatus.SUCCEEDED, counts=counts)
    ProcessingRun.objects.filter(pk=before.pk).update(
        status=RunStatus.FAILED, counts={"statements": 90}, started_at="2026-01-05T00:00Z"
    )
    page = as_reviewer.get(reverse("admin:insights_source_changelist")).content.decode()
    shown = dict(re.findall(r'<td class="field-(\w+)">([^<]*)<', page))
    assert (shown["statements"], shown["new_insights"], shown["merged"]) == ("7", "5", "2")
    assert shown["state"] == "Succeeded"


def test_good_rows_are_kept_on_request_and_the_others_named(as_reviewer):
    response = upload(
        as_reviewer, file("mixed.csv", "insight,page\nGood,1\na,2,3\n"), keep_good_rows="on"
    )
    assert Source.objects.get().keep_good_rows
    assert "Left out" in response.content.decode()


def test_the_same_file_again_creates_nothing_and_links_to_its_source(as_reviewer, queued):
    content = "insight\nThe rota is late\n"
    upload(as_reviewer, file("notes.csv", content))
    ProcessingRun.objects.update(status=RunStatus.SUCCEEDED)
    queued.clear()

    response = upload(as_reviewer, file("other-name.csv", content))

    assert Source.objects.count() == 1
    assert not queued
    page = response.content.decode()
    assert "is already a source" in page
    assert page_of(Source.objects.get()) in page


def test_a_pasted_text_becomes_a_source_of_its_title(as_reviewer):
    upload(as_reviewer, title="Call with A/B", text="The rota is published too late for us.")
    source = Source.objects.get()
    assert (source.title, source.name) == ("Call with A/B", "Call with A-B.txt")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Choose at least one file"),
        ({"text": "The rota is late."}, "Give the pasted text a title"),
        ({"text": "x", "title": "t", "encoding": "klingon"}, "Select a valid choice"),
    ],
)
def test_an_incomplete_form_says_what_is_missing_and_keeps_what_is_there(as_reviewer, fields, says):
    response = as_reviewer.post(reverse(ADD), fields)
    assert says in response.content.decode()
    assert fields.get("text", "") in response.content.decode()
    assert not Source.objects.exists()


def test_a_refusal_names_the_fields_of_the_form_not_options_of_the_command(as_reviewer):
    rows = b'{"insight": "The rota is late."}\n{"insight": \n'
    page = upload(as_reviewer, file("broken.jsonl", rows)).content.decode()
    assert "keep only what is good (tick “Keep the good rows” below): 1 row" in page
    assert "(choose it below)" in upload(as_reviewer, file("a.csv", b"\xff\x00a")).content.decode()


def test_an_encoding_can_be_chosen(as_reviewer):
    cyrillic = "insight\nГрафик выходит слишком поздно\n".encode("cp1251")
    upload(as_reviewer, file("notes.csv", cyrillic), encoding="cp1251")
    assert Source.objects.get().encoding == "cp1251"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(as_reviewer, settings, monkeypatch):
    settings.MAX_SOURCE_BYTES = 10

    def refuse(*args, **kwargs):
        raise AssertionError("it was read")

    monkeypatch.setattr("insights.admin.upload.read", refuse)
    response = upload(as_reviewer, file("large.txt", "x" * 11))
    assert "at most 10" in response.content.decode()


def test_without_a_broker_the_source_stays_and_is_processed_in_the_request(as_reviewer, no_broker):
    response = upload(as_reviewer, file("notes.csv", "insight\nThe rota is late\n"))
    source = Source.objects.get()
    assert "no worker could be reached" in response.content.decode()

    process = reverse("admin:insights_source_process", args=[source.pk])
    assert process in response.content.decode()
    as_reviewer.post(process)

    assert Insight.objects.get().statement == "The rota is late"
    page = as_reviewer.get(page_of(source)).content.decode()
    assert "The rota is late" in page
    assert "http-equiv" not in page
    listed = as_reviewer.get(
        reverse("admin:insights_insight_changelist"), {"source": str(source.pk)}
    )
    assert listed.context["cl"].result_count == 1


def test_a_running_source_refreshes_itself_and_shows_how_far_it_is(as_reviewer, fill):
    fill(1)
    source = Source.objects.get()
    source.runs.all().delete()
    ProcessingRun.objects.create(
        source=source, progress_step="ingest", progress_done=3, progress_total=9
    )
    page = as_reviewer.get(page_of(source)).content.decode()
    assert '<meta http-equiv="refresh"' in page
    assert '<progress value="3" max="9"' in page


def test_insights_of_a_source_that_is_none_are_all_insights(as_reviewer, fill):
    fill(2)
    url = reverse("admin:insights_insight_changelist")
    assert as_reviewer.get(url, {"source": "x"}).status_code == 200


def test_a_deep_json_is_refused_with_its_reason(as_reviewer):
    deep = "[" * 500 + "]" * 500
    assert json.loads(deep[:10] + deep[-10:])
    assert "nested 500 deep" in upload(as_reviewer, file("deep.json", deep)).content.decode()


def test_a_table_of_unknown_shape_asks_for_its_columns_once_and_shows_the_row_on_the_insight(
    as_reviewer, queued
):
    shape = "Nr,Wer,Was genau\n{}\n"
    response = upload(
        as_reviewer,
        file("one.csv", shape.format("1,Ida Moss,Lift kaputt")),
        file("two.csv", shape.format("2,Tom Reed,Tor klemmt")),
    )
    assert response.status_code == 302
    page = as_reviewer.get(response.url)
    (group,) = page.context["groups"]
    assert len(group.sources) == 2
    choice = {
        column.field: role
        for column, role in zip(group.table, ("id", "person", "text"), strict=True)
    }

    shown = as_reviewer.post(response.url, {**choice, "preview": "1"}).content.decode()
    assert "Lift kaputt" in shown
    assert "Ida Moss" in shown
    assert not queued

    as_reviewer.post(response.url, {**choice, "start": "1"})
    assert len(queued) == 2
    for source in Source.objects.all():
        as_reviewer.post(reverse("admin:insights_source_process", args=[source.pk]))
    insight = Insight.objects.get(statement="Lift kaputt")
    assert (
        "Ida Moss"
        in as_reviewer.get(
            reverse("admin:insights_insight_change", args=[insight.pk])
        ).content.decode()
    )

    third = upload(as_reviewer, file("three.csv", shape.format("3,Ann Lee,Licht flackert")))
    assert "is being read" in third.content.decode(), "the choice was kept"


def test_the_only_column_of_words_needs_no_question(as_reviewer, queued):
    shape = "Nr,{},What should we improve?\n"
    answers = [f"The lift of hall {n} stops on each floor" for n in range(5)]
    one = shape.format("Site") + "".join(f"{n},Paris,{text}\n" for n, text in enumerate(answers))
    assert "is being read" in upload(as_reviewer, file("one.csv", one)).content.decode()
    (source,) = Source.objects.all()
    assert not source.needs_columns
    rows = (f"{n},The gate of yard {n} jams at noon,{text}\n" for n, text in enumerate(answers))
    two = shape.format("And what else?") + "".join(rows)
    assert upload(as_reviewer, file("two.csv", two)).status_code == 302, "two columns are asked"


ERASE = "/admin/settings/erase-person/"


def test_a_person_is_erased_after_a_preview_and_the_name_typed_again(
    admin_client, as_reviewer, make_insight
):
    make_insight("Ida cannot reach the bell.")
    InsightSource.objects.update(person="Ida Moss")
    assert as_reviewer.get(ERASE).status_code == 403
    assert "No source mentions" in admin_client.get(ERASE, {"person": "Tom Reed"}).content.decode()
    page = admin_client.get(ERASE, {"person": "ida moss"}).content.decode()
    assert "1 mention by" in page
    assert "1 insight that nobody else said" in page
    wrong = admin_client.post(ERASE, {"person": "ida moss", "again": "ida"})
    assert wrong.status_code == 409
    assert "Nothing was erased." in wrong.content.decode()
    assert InsightSource.objects.count() == 1
    done = admin_client.post(ERASE, {"person": "ida moss", "again": "ida moss"}, follow=True)
    assert "Erased: 1 occurrences, 1 insights" in done.content.decode()
    assert not InsightSource.objects.exists()
    assert Insight.objects.get().statement.startswith("[erased]")
