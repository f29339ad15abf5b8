"""How long one reviewer keeps what is open from all others: in force until `held_until`.

One that ends later than two leases from now was given before the clock was put back by more than
one: it is over, or it would hold for as long as that jump. One alone would not do: who asked a
moment ago must see as held what was leased since.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

LEASE = timedelta(minutes=10)


def in_force() -> Q:
    """Of rows with `held_until`."""
    now = timezone.now()
    return Q(held_until__gt=now, held_until__lte=now + 2 * LEASE)


def is_in_force(held_until: datetime | None) -> bool:
    now = timezone.now()
    return held_until is not None and now < held_until <= now + 2 * LEASE
