"""Read a file as an upload does: who said what and when."""

import csv
import io
import json

from insights.ingest.readers import read_source
from insights.ingest.statements import Passages


def said(name, data):
    """Return (statement, person, day) of each statement, and the notes on the file."""
    text = data if isinstance(data, str) else json.dumps(data)
    content = read_source(name, text.encode())
    found = [one for passage in Passages(content, name) for one in passage.found]
    return [(o.text, o.about.person, str(o.about.day or "")) for o in found], content.notes


def about(name, data):
    content = read_source(name, data.encode())
    return [one.about for passage in Passages(content, name) for one in passage.found]


def table(header, *rows):
    file = io.StringIO()
    csv.writer(file).writerows([header.split(","), *rows])
    return file.getvalue()
