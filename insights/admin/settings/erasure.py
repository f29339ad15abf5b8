"""Erase a person: a preview of what goes, then the name typed once more."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.ingest.removal.erasure import Erasure, NobodyFound, erase, preview_erasure
from insights.permissions import ERASE_PERSON, StaffRequest

SHOWN = 20


@allowed(ERASE_PERSON, "GET", "POST")
def erase_person(request: StaffRequest) -> HttpResponse:
    """Preview by GET; erase by POST once the name was typed again."""
    sent = request.POST if request.method == "POST" else request.GET
    person = sent.get("person", "").strip()
    found, problem = None, ""
    if person:
        try:
            if request.method == "POST" and sent.get("again", "").strip() == person:
                done = erase(person)
                messages.success(request, _sentence(done))
                return redirect("admin:erase_person")
            found = preview_erasure(person)
        except NobodyFound as error:
            problem = str(error)
        else:
            if request.method == "POST":
                problem = "That is not the same name. Nothing was erased."
    return render(
        request,
        "erase_person.html",
        title="Erase a person",
        status=409 if request.method == "POST" else 200,
        person=person,
        found=found and replace(found, sources=found.sources[:SHOWN]),
        more_sources=max(len(found.sources) - SHOWN, 0) if found else 0,
        problem=problem,
    )


def _sentence(done: Erasure) -> str:
    trained = (
        f" Trained on what was erased: {', '.join(done.versions)}. Train a new version and "
        "activate it."
        if done.versions
        else ""
    )
    return (
        f"Erased: {done.occurrences} occurrences, {len(done.insights)} insights, the files of "
        f"{len(done.sources)} sources, {done.rows} further rows.{trained}"
    )
