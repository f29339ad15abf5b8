"""Records of JSON: their lists, envelopes and attributes."""

import json

import pytest

from insights.ingest.readers import read_source
from tests.ingest_core.reading import said


def test_a_list_of_json_is_read_item_by_item_and_a_fault_in_it_is_placed():
    items = [{"id": n, "text": f"The report of week {n} is late."} for n in range(600)]
    found, _ = said("a.json", items)
    assert len(found) == 600
    broken = json.dumps(items)[:-1] + ', {"id": 1,, "text": "x"}]'
    with pytest.raises(Exception, match="a.json, line 1, column .*not valid JSON"):
        read_source("a.json", broken.encode())


def test_labels_with_a_date_of_their_own_stay_attributes():
    tags = [{"id": "t", "name": "vip", "created": "2026-01-01"}]
    item = {"id": "1", "text": "The lift is slow.", "tags": tags}
    content = read_source("a.json", json.dumps([item]).encode())
    assert content.documents[0].about.attributes["tags"] == "vip"


def test_a_record_keeps_the_id_of_its_envelope():
    one = {"id": "rec1", "fields": {"Comment": "The tablet dies before noon."}}
    for name, value in (("a.json", [one]), ("a.json", {"records": [one]}), ("a.jsonl", one)):
        content = read_source(name, json.dumps(value).encode())
        assert content.documents[0].about.external_id == "rec1"


def test_notions_rich_text_is_a_text():
    text = [
        {"type": "text", "text": {"content": "No lights."}, "plain_text": "The yard has no lights."}
    ]
    page = {
        "id": "p",
        "created_time": "2026-03-03",
        "properties": {"Feedback": {"rich_text": text}},
    }
    assert said("a.json", {"results": [page]})[0] == [("The yard has no lights.", "", "2026-03-03")]


def test_a_row_without_its_last_column_is_read():
    rows = [
        {"text": "The lift is always broken on Mondays", "id": "5"},
        {"text": "The canteen closes far too early", "id": "6", "locator": "p. 3"},
    ]
    assert len(said("rows.json", rows)[0]) == 2


def test_records_that_an_object_holds_by_their_ids_are_all_read():
    records = {f"-N{n}": {"text": f"The report of week {n} is late."} for n in range(300)}
    for value in (records, {"feedback": records}):
        content = read_source("a.json", json.dumps(value).encode())
        assert len(content.documents) == 300
        assert content.documents[299].about.attributes == {"entry": "-N299"}


def test_lists_beyond_the_most_that_are_read_are_counted():
    lists = {f"week {n}": [{"text": f"The report of week {n} is late."}] for n in range(230)}
    found, notes = said("a.json", {"people": [{"login": "ann"}], **lists})
    assert len(found) == 200
    assert any("left out 30 more" in note for note in notes)


def test_a_list_without_a_key_of_text_is_named_beside_one_that_is_read():
    lists = {"a": [{"text": "The lift is slow."}], "b": [{"title": "7", "id": 1}]}
    found, notes = said("a.json", lists)
    assert [one for one, _, _ in found] == ["The lift is slow."]
    assert "Skipped, for want of a key of text: “b”." in notes


def test_items_of_a_feed_without_text_are_counted():
    items = "<item><description>The lift is slow.</description></item><item><link>x</link></item>"
    found, notes = said("a.rss", f"<rss><channel>{items}</channel></rss>")
    assert [one for one, _, _ in found] == ["The lift is slow."]
    assert "Skipped 1 row without text." in notes
