"""Leases: one reviewer's temporary claim on an open item, in force until `held_until`.

A lease that ends more than two lease lengths from now was given before the clock was set back by
more than one. It counts as expired, or it would last as long as the clock jumped. One length would
be too strict: a reviewer who asked a moment ago must see later leases as taken.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from insights.models.light import person

LEASE = timedelta(minutes=10)


def in_force() -> Q:
    """Return the condition for rows with `held_until`."""
    now = timezone.now()
    return Q(held_until__gt=now, held_until__lte=now + 2 * LEASE)


class Leased(models.Model):
    """A row that one reviewer at a time works on."""

    held_by = person()
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="End of the lease of `held_by`."
    )

    class Meta:
        abstract = True

    @property
    def is_held(self) -> bool:
        now = timezone.now()
        return self.held_until is not None and now < self.held_until <= now + 2 * LEASE
