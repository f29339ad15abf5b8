"""The review screen's addresses and forms, as a browser without JavaScript sends them."""

import re

from django.urls import reverse


def url(name, *args):
    return reverse(f"admin:review{name}", args=args)


def form_of(response, action):
    """All that a browser would send of the form with this action, without a button."""
    page = response.content.decode()
    (form,) = re.findall(
        rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL
    )
    sent = {}
    for tag in re.findall(r"<input[^>]+>", form):
        fields = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if fields.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        sent.setdefault(fields["name"], []).append(fields["value"])
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        sent[name] = re.findall(r'<option value="(\d+)" selected>', options) or ["1"]
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        sent[name] = [text]
    return sent


def decide(client, cluster, verb, headers=None, **more):
    page = client.get(url("_item", cluster.pk))
    action = url("_decide", cluster.pk)
    return client.post(action, {**form_of(page, action), "verb": verb, **more}, headers=headers)
