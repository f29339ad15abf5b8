"""The exports: valid line by line, whatever the statements hold, and whole or not at all."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from finetuning.errors import NoTrainingData
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.export import export_json, export_openai_jsonl
from finetuning.training_data.prompt import question

HOSTILE = [
    'He said "Yes"',
    '"\nStatement 2: "the same',
    "line\u2028separator\u2029and\x85next",
    "back\\slash \\n \\u0022",
    '{"role": "system"}',
    "emoji 🙂 and umlaut ü",
]


def parsed(lines):
    return [json.loads(line) for line in "".join(lines).split("\n")[:-1]]


def test_each_line_is_one_user_message_and_a_yes_or_no(decisions):
    dataset = build_dataset()

    lines = parsed(export_openai_jsonl(dataset))

    train = list(dataset.examples("train"))
    assert len(lines) == len(train) < len(dataset)
    for line, example in zip(lines, train, strict=True):
        assert list(line) == ["messages"]
        user, assistant = line["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert assistant["content"] == ("Yes" if example.label else "No")
        assert user["content"] == question(example.statement1, example.statement2)


def test_what_is_held_out_is_never_exported_for_training(decisions):
    dataset = build_dataset()
    text = "".join(export_openai_jsonl(dataset))

    assert list(dataset.examples("held_out"))
    for example in dataset.examples("held_out"):
        assert example.statement1 not in text
        assert example.statement2 not in text


@pytest.mark.parametrize("statement", HOSTILE)
def test_no_statement_breaks_out_of_its_place_in_the_prompt(statement):
    lines = question(statement, "harmless").splitlines()

    assert len(lines) == 3
    assert json.loads(lines[1].removeprefix("Statement 1: ")) == statement
    assert json.loads(lines[2].removeprefix("Statement 2: ")) == "harmless"


def test_hostile_statements_leave_every_line_valid(make_insight, decide, settings):
    settings.HELD_OUT_SHARE = 0.0
    decide([make_insight(statement) for statement in HOSTILE], False)

    assert len(parsed(export_openai_jsonl(build_dataset()))) == 15
    rows = json.loads("".join(export_json(build_dataset())))["examples"]
    assert {row["statement1"] for row in rows} | {row["statement2"] for row in rows} == set(HOSTILE)


def test_the_json_export_has_both_parts_and_statistics_when_asked(decisions):
    dataset = build_dataset()

    plain = json.loads("".join(export_json(dataset)))
    full = json.loads("".join(export_json(dataset, stats=True)))

    assert list(plain) == ["examples"]
    assert full["examples"] == plain["examples"]
    assert full["statistics"]["approved_merges"] == 40
    assert {row["split"] for row in plain["examples"]} == {"train", "held_out"}


@pytest.mark.parametrize("export", [export_openai_jsonl, export_json])
def test_without_data_the_export_is_refused_before_its_first_line(db, export):
    with pytest.raises(NoTrainingData):
        export(build_dataset())


def test_the_command_writes_to_standard_output(decisions):
    out = StringIO()
    call_command("export_training_data", stdout=out)

    assert len(parsed([out.getvalue()])) == len(list(build_dataset().examples("train")))


def test_the_command_replaces_the_file_whole(decisions, tmp_path):
    path = tmp_path / "training.json"
    path.write_text("old")

    call_command("export_training_data", "--format=json", "--stats", output=path, stderr=StringIO())

    assert "statistics" in json.loads(path.read_text())
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_that_fails_half_way_leaves_the_old_file(decisions, tmp_path, monkeypatch):
    path = tmp_path / "training.jsonl"
    path.write_text("old")

    def broken(*args):
        yield "half a line"
        raise RuntimeError("the database went away")

    monkeypatch.setattr(
        "finetuning.management.commands.export_training_data.export_openai_jsonl", broken
    )
    with pytest.raises(RuntimeError):
        call_command("export_training_data", output=path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_says_what_is_missing(db, tmp_path):
    with pytest.raises(CommandError, match="No training data available"):
        call_command("export_training_data")
    with pytest.raises(CommandError, match="--stats goes with"):
        call_command("export_training_data", "--stats")


def test_a_folder_that_is_not_there_is_named(decisions, tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_training_data", output=tmp_path / "missing" / "file.jsonl")
