"""Forms and surveys: each answer is read with its question and its respondent."""

from tests.ingest_core.reading import said, table


def test_rare_answers_between_stock_answers_are_open_ones():
    text = table(
        "What made it hard?,Anything else?",
        ["Nobody handed over the keys.", "No"],
        ["The bins were overflowing early.", "The lunch vouchers were a lovely touch"],
        ["The radio had no battery left.", "n/a"],
    )
    found, _ = said("a.csv", text)
    assert "The lunch vouchers were a lovely touch" in [one for one, _, _ in found]


def test_a_forms_answers_come_by_question_with_the_respondents_name_and_date():
    tally = {
        "questions": [
            {"id": "Q1", "type": "TEXTAREA", "title": "What slows you down?"},
            {"id": "Q2", "type": "INPUT_TEXT", "title": "Your name"},
        ],
        "submissions": [
            {
                "id": "A1",
                "submittedAt": "2026-04-01T08:00:00.000Z",
                "responses": [
                    {"questionId": "Q1", "answer": "Handing over files takes three tools."},
                    {"questionId": "Q2", "answer": "Filip"},
                ],
            }
        ],
    }
    found, _ = said("a.json", tally)
    assert found == [("Handing over files takes three tools.", "Filip", "2026-04-01")]
    typeform = {
        "items": [
            {
                "response_id": "r1",
                "submitted_at": "2026-05-01T08:00:00Z",
                "answers": [
                    {
                        "field": {"ref": "why", "type": "long_text"},
                        "type": "text",
                        "text": "The price jumped without notice.",
                    },
                    {"field": {"ref": "nps"}, "type": "number", "number": 4},
                ],
            }
        ]
    }
    found, _ = said("a.json", typeform)
    assert found == [("The price jumped without notice.", "", "2026-05-01")]


def test_an_answer_that_asks_in_quotation_marks_is_kept_whole():
    text = table("Verbatim,Date", ['"Why do I type it twice?" she asked.', "2026-01-02"])
    assert [one for one, _, _ in said("a.csv", text)[0]] == ['"Why do I type it twice?" she asked.']


def test_answers_that_differ_in_a_sign_are_both_kept():
    text = table("Anything else?,What else?", ["The team writes in C++.", "The team writes in C."])
    assert len(said("answers.csv", text)[0]) == 2
