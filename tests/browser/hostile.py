"""Hostile text that a source or a person may contain."""

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \u202eright to left\u202c "
    "zero\u200bwidth {{ 7*7 }} javascript:alert(3) "
)
LONG = (HOSTILE * 60)[:5000]
