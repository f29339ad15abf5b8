"""From an empty database to the first cluster in five clicks, with files of unknown shape."""

import pytest
from django.urls import reverse

from dedup_project.celery import app
from insights.models import InsightSource

HEADER = "Ref,Who,When,Agent wording\n"
FILES = {
    "north.csv": "1,Anna,05.03.2024,The rota is published too late.\n",
    "south.csv": "2,Ben,06.03.2024,The rota is published far too late.\n",
    "west.csv": "3,Cleo,07.03.2024,Parking is free at the weekend.\n",
}
MOST_CLICKS = 5


@pytest.fixture
def at_once():
    """Work that is handed to a worker is done before the page answers."""
    was = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = was


def test_three_files_of_unknown_shape_to_the_first_cluster(window, reviewer, at_once):
    opened = window(reviewer)
    page = opened.open("/admin/")
    clicks = 0

    def click(locator):
        nonlocal clicks
        clicks += 1
        locator.click()

    click(page.get_by_role("link", name="Add sources").first)
    with page.expect_file_chooser() as chooser:
        click(page.locator("#id_file"))
    chooser.value.set_files(
        [
            {"name": name, "mimeType": "text/csv", "buffer": (HEADER + row).encode()}
            for name, row in FILES.items()
        ]
    )
    click(page.get_by_role("button", name="Upload and process"))

    page.wait_for_selector("table.columns")
    assert page.locator("select").count() == 4, "asked once for all three"
    assert page.get_by_label("When").input_value() == "date"
    assert page.get_by_label("Who").input_value() == "person"
    assert page.get_by_label("Agent wording").input_value() == "text"
    page.get_by_text("Preview of west.csv").wait_for()
    assert page.get_by_text("Anna · 05.03.2024").count() == 1
    assert not InsightSource.objects.exists()
    click(page.get_by_role("button", name="Start"))

    click(page.get_by_role("button", name="Review now"))
    page.wait_for_selector(".item")
    assert page.get_by_text("The rota is published far too late.").count()
    assert clicks <= MOST_CLICKS

    for said in InsightSource.objects.all():
        page = opened.open(reverse("admin:insights_insight_change", args=[said.insight_id]))
        assert page.locator(".quotes").get_by_text(said.person).count() == 1
        assert page.locator(f"time[datetime='{said.said_on:%Y-%m-%d}']").count() == 1
    assert {str(said.said_on) for said in InsightSource.objects.all()} == {
        "2024-03-05",
        "2024-03-06",
        "2024-03-07",
    }
    assert opened.complaints == []
