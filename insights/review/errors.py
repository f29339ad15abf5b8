"""Why a decision was refused. `code` is for scripts, the message for people."""


class ReviewError(Exception):
    """The decision cannot be taken as asked; nothing was changed."""

    code = "invalid"


class Stale(ReviewError):
    """Somebody was faster; the message names them."""

    code = "stale"


class Forbidden(ReviewError):
    code = "forbidden"
