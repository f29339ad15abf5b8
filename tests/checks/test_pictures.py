"""The pictures of the documentation: those that are linked are there, and small."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "screenshots"


def test_each_link_between_the_documents_leads_to_a_file():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"(?<!!)\[[^]]*\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name} links {link}"


def test_each_picture_that_a_document_shows_is_there():
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"!\[[^]]*\]\(([^)]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name} shows {link}"


def test_each_page_has_its_four_pictures_of_less_than_150_kb_each():
    pages = {path.name.rsplit("-", 2)[0] for path in PICTURES.glob("*.png")}
    wanted = {
        f"{page}-{size}-{scheme}.png"
        for page in pages
        for size in ("desktop", "phone")
        for scheme in ("light", "dark")
    }
    assert {path.name for path in PICTURES.glob("*.png")} == wanted
    assert max(path.stat().st_size for path in PICTURES.glob("*.png")) < 150_000
