"""Exports in other languages and layouts: each row keeps who said it, when and where."""

import json
from email.message import EmailMessage

from insights.ingest.readers import read_source
from insights.ingest.statements import Passages
from tests.ingest_core.reading import about, said, table


def facts(one):
    return (one.external_id, str(one.day or ""), one.person, one.company, one.segment, one.rating)


def test_a_german_jira_export_is_read_as_jira():
    data = table(
        "Zusammenfassung,Vorgangsschlüssel,Zugewiesene,Autor,Erstellt,Projektname,Beschreibung",
        [
            "Waage",
            "KL-4",
            "Ivo",
            "Gesa Lund",
            "03/Mär/26 9:10 AM",
            "Halle",
            "Die Waage friert ein.",
        ],
    )
    assert facts(about("jira.csv", data)[0]) == ("KL-4", "2026-03-03", "Gesa Lund", "", "Halle", "")


def test_questions_about_the_department_and_the_grade_are_segment_and_rating():
    data = table(
        "Zeitstempel,Wie zufrieden sind Sie? (1–5),Was fehlt?,In welcher Abteilung arbeiten Sie?",
        ["05.02.2026 10:00:00", "3", "Die Spinde sind zu schmal für Helme.", "Verladung"],
        ["06.02.2026 11:00:00", "2", "Im Keller gibt es kein Netz.", "Archiv"],
    )
    found = [facts(one) for one in about("umfrage.csv", data)]
    assert found == [
        ("", "2026-02-05", "", "", "Verladung", "3"),
        ("", "2026-02-06", "", "", "Archiv", "2"),
    ]


def test_a_french_survey_keeps_the_whole_name_and_its_id():
    data = table(
        "ID du répondant,Date de début,Prénom,Nom,Que changer ?,Quelle est la note globale ?",
        ["71", "27/02/2026 09:00:00", "Inès", "Roy", "Les bancs manquent près de l'entrée.", "4"],
        ["72", "28/02/2026 09:00:00", "", "", "La file ne bouge pas avant dix heures.", "1"],
    )
    found = [facts(one) for one in about("sondage.csv", data)]
    assert found == [
        ("71", "2026-02-27", "Inès Roy", "", "", "4"),
        ("72", "2026-02-28", "", "", "", "1"),
    ]


def test_the_rating_that_most_rows_have_is_the_rating():
    data = table(
        "ID,Mood,NPS,Comment",
        ["1", "2", "", "The map is upside down on tablets."],
        ["2", "5", "9", "Paying was quick this time."],
    )
    assert [one.rating for one in about("mood.csv", data)] == ["2", "5"]


def test_a_related_page_of_notion_is_named_without_its_address():
    data = table(
        "Insight,Interviewee,Company (Related to CRM)",
        ["The crane waits for a stamp.", "Eva Lis", "Lis a.s. (https://www.notion.so/Lis-1a2b3c)"],
    )
    [one] = about("log.csv", data)
    assert (one.person, one.company) == ("Eva Lis", "Lis a.s.")


def test_surveymonkey_has_options_to_the_right_of_its_last_question():
    data = table(
        "Respondent ID,Start Date,What is missing?,Do you cycle?,",
        ["", "", "Open-Ended Response", "Yes", "Other (please specify)"],
        [
            "9",
            "2026-01-02 10:00",
            "A rack for wet coats.",
            "",
            "Only downhill, the way back is long",
        ],
    )
    texts = [text for text, _, _ in said("sm.csv", data)[0]]
    assert texts == ["A rack for wet coats.", "Only downhill, the way back is long"]


def test_whatsapp_in_french_and_with_24_hours_has_the_day_first():
    french = (
        "02/03/2026 à 09:12 - Les messages et les appels sont chiffrés de bout en bout. Aucun "
        "tiers ne peut les lire.\n02/03/2026 à 09:13 - Luc: Le portail reste ouvert la nuit.\n"
        "05/03/2026 à 21:00 - Ana: <Médias omis>\n05/03/2026 à 21:01 - Ana: La cave est inondée.\n"
    )
    found, notes = said("chat.txt", french)
    assert found == [
        ("Le portail reste ouvert la nuit.", "Luc", "2026-03-02"),
        ("La cave est inondée.", "Ana", "2026-03-05"),
    ]
    assert notes == []
    american = (
        "1/4/26, 7:02 PM - Bo: The pool closes at six.\n1/5/26, 7:02 PM - Al: It is too cold.\n"
    )
    assert [day for _, _, day in said("chat.txt", american)[0]] == ["2026-01-04", "2026-01-05"]


def test_a_name_with_small_words_is_a_speaker():
    captions = (
        "WEBVTT\n\n00:01.000 --> 00:04.000\nPiet van der Meer: The lock fills so slowly\n\n"
        "00:04.100 --> 00:06.000\nPiet van der Meer: that skippers leave.\n\n"
        "00:07.000 --> 00:09.000\nAsta: We never see the water level.\n"
    )
    assert said("call.vtt", captions)[0] == [
        ("The lock fills so slowly that skippers leave.", "Piet van der Meer", ""),
        ("We never see the water level.", "Asta", ""),
    ]


def test_the_time_of_a_turn_is_kept_beside_its_speaker():
    notes = "Asta  0:04\nThe oven burns my wrist every day.\n\nBo  1:15\nOurs has a guard now.\n"
    kept = [(one.person, one.attributes["time"]) for one in about("talk.txt", notes)]
    assert kept == [("Asta", "0:04"), ("Bo", "1:15")]


def test_a_transcript_has_the_date_on_which_it_was_recorded():
    speech = {
        "metadata": {"created": "2026-04-04T10:00:00Z"},
        "results": {
            "utterances": [
                {"start": 0.1, "end": 4.0, "speaker": 0, "transcript": "The crane stops in rain."}
            ]
        },
    }
    assert said("speech.json", speech)[0] == [
        ("The crane stops in rain.", "Speaker 0", "2026-04-04")
    ]


def test_slack_messages_name_the_people_they_mention_and_their_channel():
    def message(user, name, ts, text):
        return {"user": user, "ts": ts, "text": text, "user_profile": {"real_name": name}}

    channel = {
        "channel": {"name": "gates"},
        "messages": [
            message("U1", "Ola", "1780300000.1", "The reader beeps but stays shut."),
            message("U2", "Tess", "1780300100.1", "Same for <@U1> at the dock."),
        ],
    }
    [first, second] = about("slack.json", json.dumps(channel))
    assert (first.person, first.segment) == ("Ola", "gates")
    assert said("slack.json", channel)[0][1][0] == "Same for @Ola at the dock."
    assert second.person == "Tess"


def test_replies_in_teams_are_messages_and_keep_their_link():
    def message(text, **fields):
        user = {"user": {"displayName": fields.pop("by")}}
        return {"from": user, "body": {"contentType": "text", "content": text}, **fields}

    reply = message("It fails with gloves, too.", by="Pat", id="2", createdDateTime="2026-02-02")
    first = message(
        "The scanner hangs.",
        by="Irene",
        id="1",
        createdDateTime="2026-02-01",
        webUrl="https://teams.example/1",
        replies=[reply],
    )
    found = about("teams.json", json.dumps({"value": [first]}))
    assert [(one.person, one.link) for one in found] == [
        ("Irene", "https://teams.example/1"),
        ("Pat", ""),
    ]


def test_records_listed_by_day_have_that_day():
    days = {
        "days": {
            "2026-01-05": [{"who": "Ann", "said": "The mats smell of mould."}],
            "2026-01-06": [{"who": "Ben", "said": "My code changes every week."}],
        }
    }
    assert said("days.json", days)[0] == [
        ("The mats smell of mould.", "Ann", "2026-01-05"),
        ("My code changes every week.", "Ben", "2026-01-06"),
    ]


def test_what_a_team_member_answers_is_skipped_and_counted():
    post = {
        "id": "p1",
        "content": "I change forty prices by hand.",
        "board": {"name": "Ideas"},
        "comments": [
            {"content": "Same with the hours.", "authorName": "Nils", "isTeamMember": False},
            {"content": "We are on it now.", "authorName": "Team", "isTeamMember": True},
        ],
    }
    found, notes = said("board.json", {"posts": [post]})
    assert [text for text, _, _ in found] == [
        "I change forty prices by hand.",
        "Same with the hours.",
    ]
    assert "Skipped 1 replies and notes of staff." in notes
    assert about("board.json", json.dumps({"posts": [post]}))[0].segment == "Ideas"


def test_xml_entries_that_are_no_feed_are_records():
    xml = (
        "<survey><entry id='7'><created>2026-04-04</created><author>Ulf</author>"
        "<rating>2</rating><comment>Bins block the lane.</comment></entry></survey>"
    )
    [one] = about("survey.xml", xml)
    assert facts(one) == ("7", "2026-04-04", "Ulf", "", "", "2")


def test_a_page_has_the_day_of_its_publication():
    page = (
        "<html><head><meta property='article:published_time' content='2026-05-06T10:00:00Z'>"
        "</head><body><main><p>The ferry runs too rarely.</p></main></body></html>"
    )
    assert said("page.html", page)[0] == [("The ferry runs too rarely.", "", "2026-05-06")]


def test_a_mail_that_is_attached_to_another_is_read_as_its_author_wrote_it():
    inner, outer = EmailMessage(), EmailMessage()
    inner["From"], inner["Date"] = "Kay <kay@x.example>", "Mon, 02 Mar 2026 08:00:00 +0000"
    inner.set_content("The meter on my bill is not mine.\n")
    outer["From"], outer["Date"] = "Lou <lou@x.example>", "Tue, 03 Mar 2026 08:00:00 +0000"
    outer.set_content("Three tenants report the same.\n")
    outer.add_attachment(inner)
    content = read_source("fwd.eml", outer.as_bytes())
    found = [one for passage in Passages(content, "fwd.eml") for one in passage.found]
    assert [(one.text, one.about.person, str(one.about.day)) for one in found] == [
        ("Three tenants report the same.", "Lou", "2026-03-03"),
        ("The meter on my bill is not mine.", "Kay", "2026-03-02"),
    ]


def test_a_scale_in_the_question_and_a_name_that_was_asked_for_are_told():
    data = table(
        "#,Wie heißt du?,Q1: How easy was it to book? (1-7),Was nervt dich am meisten?,Netzwerk-ID",
        ["k1", "Yara", "3", "Die Suche findet nur ganze Wörter.", "ab"],
        ["k2", "Timo", "7", "Beim Drehen des Handys ist alles weg.", "cd"],
    )
    found = [(one.external_id, one.person, one.rating) for one in about("typeform.csv", data)]
    assert found == [("k1", "Yara", "3"), ("k2", "Timo", "7")]


def test_what_a_review_says_of_itself_holds_for_the_comment_inside_it():
    said_by_user = {"text": "The timer stops.", "lastModified": {"seconds": "1780300000"}}
    said_by_staff = {"text": "Turn off battery saving.", "lastModified": {"seconds": "1780400000"}}
    review = {
        "reviewId": "gp:1",
        "authorName": "Rui",
        "comments": [{"userComment": said_by_user}, {"developerComment": said_by_staff}],
    }
    data = json.dumps({"reviews": [review]})
    [one] = about("play.json", data)
    assert (one.external_id, one.person, str(one.day)) == ("gp:1", "Rui", "2026-06-01")
    assert "Skipped 1 replies and notes of staff." in said("play.json", {"reviews": [review]})[1]


def test_webex_names_the_speaker_beside_the_number_of_a_cue():
    captions = (
        'WEBVTT\n\n1 "Dana Poole" (314)\n00:00:01.000 --> 00:00:04.000\nIt drops a column\n\n'
        '2 "Dana Poole" (314)\n00:00:04.100 --> 00:00:06.000\nwhen the sheet is filtered.\n\n'
        '3 "Ken Ito" (9)\n00:00:07.000 --> 00:00:09.000\nOurs drops a row.\n'
    )
    assert said("webex.vtt", captions)[0] == [
        ("It drops a column when the sheet is filtered.", "Dana Poole", ""),
        ("Ours drops a row.", "Ken Ito", ""),
    ]


def test_the_page_of_an_issue_is_its_link_not_the_address_of_its_api():
    issue = {
        "url": "https://api.example/issues/9",
        "html_url": "https://example/issues/9",
        "number": 9,
        "title": "Loop",
        "user": {"login": "ravi"},
        "created_at": "2026-05-05T10:00:00Z",
        "body": "I am thrown back to the login page.",
    }
    [one] = about("issues.json", json.dumps([issue]))
    assert (one.link, one.person) == ("https://example/issues/9", "ravi")


def test_sentences_of_a_call_have_the_speaker_of_their_turn():
    turns = [
        {"speakerId": "s1", "sentences": [{"start": 61000, "end": 64000, "text": "It beeps."}]},
        {
            "speakerId": "s2",
            "sentences": [{"start": 65000, "end": 69000, "text": "Ours stays shut."}],
        },
    ]
    data = json.dumps({"callTranscripts": [{"callId": "7", "transcript": turns}]})
    [document] = read_source("call.json", data.encode()).documents
    assert [(turn.speaker, turn.marks[0][1]) for turn in document.turns] == [
        ("s1", "1:01"),
        ("s2", "1:05"),
    ]


def test_somebody_whom_slack_does_not_name_keeps_the_id():
    message = {
        "type": "message",
        "user": "U9",
        "ts": "1780300000.2",
        "text": "The lift skips floors.",
    }
    assert about("slack.json", json.dumps({"messages": [message]}))[0].person == "U9"


def test_what_staff_noted_is_no_rating_and_who_owns_a_record_did_not_say_it():
    data = table(
        "comment,note,owner email",
        ["The gate closes too early.", "called back", "pm@x.example"],
        ["Nobody answers on Sundays.", "left a message", "pm2@x.example"],
    )
    assert [(one.rating, one.person) for one in about("notes.csv", data)] == [("", ""), ("", "")]


def test_what_an_employer_does_and_where_a_place_lies_are_no_company_and_no_segment():
    data = table(
        "Comment,Does your employer support it?,Breitengrad des Standorts",
        ["The gate closes too early.", "Yes, on Fridays", "47.3902"],
        ["Nobody answers on Sundays.", "No, never", "47.3911"],
    )
    assert [(one.company, one.segment) for one in about("poll.csv", data)] == [("", ""), ("", "")]
