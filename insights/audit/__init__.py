"""Blind judging of decisions by somebody who does not know them."""
