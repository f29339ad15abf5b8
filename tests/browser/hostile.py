"""What a source, or a person, may write to do harm."""

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \u202eright to left\u202c "
    "zero\u200bwidth {{ 7*7 }} javascript:alert(3) "
)
LONG = (HOSTILE * 60)[:5000]
