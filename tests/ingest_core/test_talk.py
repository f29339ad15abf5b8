"""Captions, transcripts and chats: whole sentences, each with who said it and when."""

import json

import pytest

from insights.ingest.chunking import chunk_document
from insights.ingest.extraction import RuleExtractor
from insights.ingest.readers import ReadError, read_source
from insights.ingest.statements import Passages


def said(name, text):
    """(locator, speaker, statement) of each statement."""
    data = text if isinstance(text, bytes) else text.encode()
    extractor = RuleExtractor()
    return [
        (one.locator, chunk.speaker or document.about.person, one.text)
        for document in read_source(name, data).documents
        for chunk in chunk_document(document)
        for one in extractor.extract(chunk)
    ]


CUES = """WEBVTT
Kind: captions

STYLE
::cue { color: red }

NOTE The times were made by a machine.

1f2e3d4c-aaaa-bbbb-cccc-0123456789ab/12-0
00:00:03.100 --> 00:00:06.000 align:start
<v Ida Moss>The scanner <i>drops</i></v>

1f2e3d4c-aaaa-bbbb-cccc-0123456789ab/13-0
00:00:06.000 --> 00:00:08.000
<v Ida Moss>its link &amp; needs a restart. [laughs] It beeps all day.</v>

2
00:00:09.000 --> 00:00:11.000
<v Tom Reed>How often does it do that?</v>
"""


def test_sentences_go_on_over_cues_and_keep_the_time_of_their_first_word():
    assert said("a.vtt", CUES) == [
        ("00:00:03", "Ida Moss", "The scanner drops its link & needs a restart."),
        ("00:00:06", "Ida Moss", "It beeps all day."),
    ]
    assert said("a.txt", CUES) == said("a.vtt", CUES)


def test_subrip_without_speakers_and_a_dash_for_each_of_two():
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nThe gate never\n\n2\n00:00:02,000 --> 00:00:03,000\n"
        "closes at night.\n\n3\n00:00:04,000 --> 00:00:06,000\n- The guard is gone.\n"
        "- Nobody told us about it.\n"
    )
    assert said("a.srt", text) == [
        ("00:00:01", "", "The gate never closes at night."),
        ("00:00:04", "", "The guard is gone."),
        ("00:00:04", "", "Nobody told us about it."),
    ]


def test_rolling_captions_are_read_once():
    text = (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nthe queue is\n\n"
        "00:00:02.000 --> 00:00:03.000\nthe queue is\n<c>far too long</c>\n\n"
        "00:00:03.000 --> 00:00:04.000\nfar too long\non every Monday.\n"
    )
    assert said("a.vtt", text) == [("00:00:01", "", "The queue is far too long on every Monday.")]


@pytest.mark.parametrize(
    "text",
    [
        (
            "0:0:5.830 --> 0:0:8.120\nIda Moss\nThe scanner drops its link.\n\n"
            "0:0:9.10 --> 0:0:12.400\nTom Reed\nHow often is that?\n"
        ),
        (
            "Ida Moss\n0 minutes 5 seconds0:05\nIda Moss 0 minutes 5 seconds\n"
            "The scanner drops its link.\nTom Reed\n0 minutes 9 seconds0:09\n"
            "Tom Reed 0 minutes 9 seconds\nHow often is that?\n"
        ),
        "Ida Moss  0:05\nThe scanner drops its link.\n\nTom Reed  0:09\nHow often is that?\n",
    ],
)
def test_transcripts_of_meeting_programs(text):
    ((time, speaker, statement),) = said("a.txt", text)
    assert time.endswith("0:05")
    assert (speaker, statement) == ("Ida Moss", "The scanner drops its link.")


SPEECH = [
    {
        "segments": [
            {"start": 0.2, "end": 1.0, "text": " The scanner drops", "speaker": "SPEAKER_00"},
            {"start": 1.0, "end": 2.0, "text": " its link.", "speaker": "SPEAKER_00"},
        ],
        "word_segments": [{"word": "The", "start": 0.2}],
    },
    {
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {
                            "transcript": "The scanner drops its link.",
                            "words": [{"word": "the", "start": 0.2}],
                            "paragraphs": {
                                "paragraphs": [
                                    {
                                        "speaker": 0,
                                        "sentences": [
                                            {"text": "The scanner drops its link.", "start": 0.2}
                                        ],
                                    }
                                ]
                            },
                        }
                    ]
                }
            ]
        }
    },
    {
        "utterances": [
            {"speaker": "A", "text": "The scanner drops its link.", "start": 240, "end": 2100}
        ]
    },
    {"speech": {"transcripts": [{"transcript": "The scanner drops its link.", "start_offset": 8}]}},
    {
        "transcription": [
            {
                "timestamps": {"from": "00:00:00,240", "to": "00:00:02,100"},
                "text": " The scanner drops its link.",
            }
        ]
    },
    {
        "segments": [
            {"speaker": "Ida", "startTime": n / 2, "endTime": n / 2 + 0.4, "body": word}
            for n, word in enumerate("The scanner drops its link.".split())
        ]
    },
]


@pytest.mark.parametrize("value", SPEECH)
def test_transcripts_as_json(value):
    ((time, _, statement),) = said("a.json", json.dumps(value))
    assert statement == "The scanner drops its link."
    assert time in {"0:00", "00:00:00"}


def test_a_whatsapp_chat_without_notices():
    text = (
        "[03/02/26, 10:02:33] Ida: The scanner drops its link.\n"
        "03/02/2026, 10:03 - Tom: The printer is slow,\nand it jams.\n"
        "2/3/26, 7:04\u202fPM - Tom: <Media omitted>\n"
        "03/02/2026, 10:06 - Messages and calls are end-to-end encrypted.\n"
        "03/02/2026, 10:07 - Ida: This message was deleted\n"
    )
    assert said("chat.txt", text) == [
        ("03/02/26, 10:02:33, Ida, ¶ 1", "Ida", "The scanner drops its link."),
        ("03/02/2026, 10:03, Tom, ¶ 1", "Tom", "The printer is slow, and it jams."),
    ]


def test_a_meetings_chat_without_reactions():
    text = (
        "10:02:33\t From Ida Moss to Everyone:\n\tThe scanner drops its link.\n"
        '10:03:01\t From Tom Reed to Everyone:\n\tReacted to "The scanner drops..." with 👍\n'
        '10:03:40\t From Tom Reed to Everyone:\n\tReplying to "The scanner drops..."\n\n'
        "\tOurs does the same.\n"
    )
    assert [(who, what) for _, who, what in said("chat.txt", text)] == [
        ("Ida Moss", "The scanner drops its link."),
        ("Tom Reed", "Ours does the same."),
    ]


TEAMS = {
    "id": "1",
    "messageType": "message",
    "createdDateTime": "2026-02-03T10:00:00Z",
    "from": {"user": {"displayName": "Ida Moss"}},
    "body": {"content": "<p>The scanner drops its link.</p><p>It beeps all day.</p>"},
}
DISCORD = {
    "id": "1",
    "type": "Default",
    "timestamp": "2026-02-03T10:00:00Z",
    "content": "The scanner drops its link. It beeps all day.",
    "author": {"name": "ida", "nickname": "Ida Moss", "isBot": False},
}


@pytest.mark.parametrize(
    "value",
    [
        [TEAMS, {**TEAMS, "id": "2", "body": {"content": '<at id="0">Tom</at>&nbsp;'}}],
        {
            "channel": {"name": "general"},
            "messages": [DISCORD, {**DISCORD, "author": {"name": "bot", "isBot": True}}],
        },
        {
            "name": "Group",
            "messages": [
                {"id": 0, "type": "service", "date": "2026-02-03", "text": "", "actor": "Ida"},
                {
                    "id": 1,
                    "type": "message",
                    "date": "2026-02-03",
                    "from": "Ida Moss",
                    "text": ["The scanner drops its link. ", {"text": "It beeps all day."}],
                },
            ],
        },
    ],
)
def test_chats_as_json(value):
    content = read_source("chat.json", json.dumps(value).encode())
    (message,) = content.documents
    assert message.about.person == "Ida Moss"
    assert message.about.date.startswith("2026-02-03")
    assert [what for *_, what in said("chat.json", json.dumps(value))] == [
        "The scanner drops its link.",
        "It beeps all day.",
    ]


def test_captions_without_a_cue_are_refused_with_a_way_out():
    with pytest.raises(ReadError, match=r"give it the ending \.txt"):
        read_source("a.vtt", b"WEBVTT\n\nNothing here.\n")


def test_captions_without_punctuation_go_on_until_a_pause():
    data = """WEBVTT

00:00:00.160 --> 00:00:02.389
our<00:00:00.400><c> biggest</c><c> problem</c><c> on</c><c> the</c><c> orchard</c>

00:00:02.389 --> 00:00:05.110
our biggest problem on the orchard
is<00:00:02.800><c> that</c><c> nobody</c><c> can</c><c> repair</c><c> the</c><c> shaker</c>

00:00:05.120 --> 00:00:08.000
is that nobody can repair the shaker
during<00:00:05.600><c> harvest</c><c> [Music]</c>

00:00:11.000 --> 00:00:13.000
the spare parts come from overseas
"""
    content = read_source("talk.vtt", data.encode())
    assert [one.text for passage in Passages(content, "a") for one in passage.found] == [
        "Our biggest problem on the orchard is that nobody can repair the shaker during harvest",
        "The spare parts come from overseas",
    ]


def test_where_most_cues_name_their_speaker_one_who_speaks_once_is_one():
    data = """WEBVTT

00:00:02.000 --> 00:00:05.000
Grace Oye: Parents get the newsletter twice.

00:00:05.500 --> 00:00:09.000
Grace Oye: The council sends its own one.

00:00:09.100 --> 00:00:12.000
Tim: Our deadline is 9:30: nobody manages that.
"""
    content = read_source("talk.vtt", data.encode())
    found = [one for passage in Passages(content, "a") for one in passage.found]
    assert (found[2].text, found[2].about.person) == (
        "Our deadline is 9:30: nobody manages that.",
        "Tim",
    )


@pytest.mark.parametrize("attendees", ["Lena Fischer", "Lena Fischer, Mo Haddad"])
def test_a_meeting_names_who_attends_when_and_the_tool_that_wrote_it_down(attendees):
    data = f"""Site visit (2026-10-14 10:02 GMT+2) - Transcript
Attendees
{attendees}

Transcript

00:00:00

Lena Fischer: The crane driver can't see the tablet in the sun.

Transcription ended after 00:07:31

This editable transcript was computer generated and might contain errors. It can change.
"""
    content = read_source("talk.txt", data.encode())
    found = [one for passage in Passages(content, "a") for one in passage.found]
    assert [(one.text, one.about.person, str(one.about.day)) for one in found] == [
        ("The crane driver can't see the tablet in the sun.", "Lena Fischer", "2026-10-14")
    ]


@pytest.mark.parametrize("opening", ["Hana Sato - 00:04", "00:04 - Hana Sato (Acme)"])
def test_a_name_and_a_time_with_a_dash_between_open_a_turn(opening):
    data = f"Pricing sync\nDate: Nov 2, 2026\n\n{opening}\nOur clubs pay per lane.\n"
    content = read_source("talk.txt", data.encode())
    found = [one for passage in Passages(content, "a") for one in passage.found]
    assert [(one.text, one.about.person[:9], str(one.about.day)) for one in found] == [
        ("Our clubs pay per lane.", "Hana Sato", "2026-11-02")
    ]


def test_names_in_brackets_are_speakers_and_sounds_are_not():
    cues = ["[ANA] The bell rings twice.", "[BO] Nobody turned it off.", "[MUSIC] We wait for it."]
    data = "".join(
        f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{cue}\n\n" for n, cue in enumerate(cues, 1)
    )
    content = read_source("talk.srt", data.encode())
    found = [one for passage in Passages(content, "a") for one in passage.found]
    assert [(one.about.person, one.text) for one in found] == [
        ("ANA", "The bell rings twice."),
        ("BO", "Nobody turned it off."),
        ("BO", "We wait for it."),
    ]
