"""Refusals of a decision. `code` is for scripts, the message for people."""


class ReviewError(Exception):
    """The decision cannot be taken as asked; nothing was changed."""

    code = "invalid"


class Stale(ReviewError):
    """Raised when somebody was faster; the message names them."""

    code = "stale"


class Forbidden(ReviewError):
    code = "forbidden"
