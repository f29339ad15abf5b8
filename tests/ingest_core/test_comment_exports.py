"""Threads and comments: every reply is read with its own author, and none of staff."""

from tests.ingest_core.reading import said


def comment(author, body, **further):
    return {"author": author, "body": body, "created_utc": 1770000000.0, **further}


def test_replies_to_replies_are_read():
    reply = {"kind": "t1", "data": comment("elk", "Turning off sync brought mine back.")}
    nested = {"kind": "Listing", "data": {"children": [reply]}}
    first = {"kind": "t1", "data": comment("fox", "The backup is empty as well.", replies=nested)}
    post = {
        "kind": "t3",
        "data": {
            "author": "owl",
            "title": "Lost",
            "selftext": "My notes vanish after a reboot.",
            "created_utc": 1770000000.0,
        },
    }
    thread = [{"kind": "Listing", "data": {"children": [one]}} for one in (post, first)]
    found, _ = said("a.json", thread)
    assert found == [
        ("My notes vanish after a reboot.", "owl", "2026-02-02"),
        ("The backup is empty as well.", "fox", "2026-02-02"),
        ("Turning off sync brought mine back.", "elk", "2026-02-02"),
    ]


def test_comments_on_records_of_json_lines_are_read():
    ticket = {
        "id": 1,
        "subject": "VPN",
        "description": "The VPN drops every ten minutes.",
        "created_at": "2026-03-03",
        "comments": [
            {
                "author_id": 4,
                "body": "The VPN drops every ten minutes.",
                "created_at": "2026-03-03",
            },
            {"author_id": 4, "body": "Restarting made it worse.", "created_at": "2026-03-04"},
        ],
    }
    found, _ = said("a.jsonl", ticket)
    assert [one for one, _, _ in found] == [
        "The VPN drops every ten minutes.",
        "Restarting made it worse.",
    ]


def test_replies_of_staff_are_skipped_and_counted():
    post = {
        "id": "p1",
        "title": "Half days",
        "details": "Our drivers take mornings off.",
        "comments": [
            {
                "value": "A spreadsheet does it today.",
                "author": {"name": "Meera", "isAdmin": False},
            },
            {"value": "Thanks everyone, it is noted.", "author": {"name": "Alex", "isAdmin": True}},
            {"value": "Moving it to the board.", "author": {"name": "Bo", "type": "admin"}},
        ],
    }
    found, notes = said("a.json", [post])
    assert [one for one, _, _ in found] == [
        "Our drivers take mornings off.",
        "A spreadsheet does it today.",
    ]
    assert "Skipped 2 replies and notes of staff." in notes


def test_a_topic_gives_its_posts_without_quotations():
    topic = {
        "id": 5,
        "title": "Upload stuck",
        "post_stream": {
            "posts": [
                {
                    "id": 1,
                    "username": "cyd",
                    "created_at": "2026-03-09",
                    "cooked": "<p>The upload stops at 99 %.</p>",
                },
                {
                    "id": 2,
                    "username": "bea",
                    "created_at": "2026-03-10",
                    "cooked": '<aside class="quote">It stops.</aside><p>It happens on Firefox.</p>',
                },
            ]
        },
    }
    found, _ = said("a.json", topic)
    assert found == [
        ("The upload stops at 99 %.", "cyd", "2026-03-09"),
        ("It happens on Firefox.", "bea", "2026-03-10"),
    ]


def test_texts_inside_objects_and_comments_of_jiras_xml():
    snippet = {"authorDisplayName": "owl", "textDisplay": "The part on pumps was too fast."}
    top = {"id": "U1", "snippet": snippet | {"publishedAt": "2026-03-02T10:00:00Z"}}
    found, _ = said("a.json", {"items": [{"id": "U1", "snippet": {"topLevelComment": top}}]})
    assert found == [("The part on pumps was too fast.", "owl", "2026-03-02")]
    item = """<rss><channel><item><title>[A-1] Export</title><description>&lt;p&gt;It stops at row
    1000.&lt;/p&gt;</description><reporter>Ann Lee</reporter><created>Mon, 2 Mar 2026</created>
    <comments><comment id="5" author="bo" created="Tue, 3 Mar 2026">&lt;p&gt;Our export stops at
    row 900.&lt;/p&gt;</comment></comments></item></channel></rss>"""
    assert said("a.xml", item)[0] == [
        ("It stops at row 1000.", "Ann Lee", "2026-03-02"),
        ("Our export stops at row 900.", "bo", "2026-03-03"),
    ]


def test_letters_that_facebook_encodes_twice_are_read_once():
    said_twice = "The zip broke, I’m sad.".encode().decode("latin-1")
    one = {"sender_name": "Ann", "timestamp_ms": 1770000000000, "content": said_twice}
    other = {
        "sender_name": "Bo",
        "timestamp_ms": 1770000000000,
        "content": "Ä and ÄÖ stay letters.",
    }
    found, _ = said("a.json", {"messages": [one, other]})
    assert [text for text, _, _ in found] == ["The zip broke, I’m sad.", "Ä and ÄÖ stay letters."]


def test_records_in_xml_are_read_like_json():
    row = '<row Id="9" Text="Ours does the same." CreationDate="2026-01-07" UserId="79"/>'
    rows = f"<comments>{row}</comments>"
    assert said("Comments.xml", rows)[0] == [("Ours does the same.", "79", "2026-01-07")]
    pages = (
        '<hibernate-generic><object class="BodyContent"><id name="id">9</id><property name="body">'
        '<![CDATA[<p>Doses are written on paper.</p><ac:structured-macro ac:name="toc"/>]]>'
        "</property></object></hibernate-generic>"
    )
    assert [one for one, _, _ in said("entities.xml", pages)[0]] == ["Doses are written on paper."]
