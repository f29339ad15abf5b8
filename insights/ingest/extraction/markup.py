"""Turn Markdown into plain text that remembers its original positions."""

import re
from bisect import bisect_right
from dataclasses import dataclass

# Every repeat is bounded or possessive, so that no input makes matching slower than linear.
MARKUP = re.compile(
    r"""
      <!--(?:[^<-]|<(?!!--)|-(?!->)){0,2000}-->
    | ^[^\S\n]{0,3}>[>\ \t]{0,8}                                                 # block quote
    | !\[[^\[\]\n]{0,300}\]\([^()\s]{0,500}\)                                      # image
    | \[\^[^\]\s]{1,40}\]                                                       # footnote mark
    | \[\[(?:[^\[\]|\n]{1,200}\|)?(?P<wiki>[^\[\]|\n]{1,200})\]\]                      # wiki link
    | \[(?P<link>[^\[\]\n]{1,300})\](?:\([^()\s]{0,500}(?:\ "[^"\n]{0,200}")?\)|\[[^\]\n]{0,80}\])
    | ==(?=\S)(?P<marked>[^=\n]{1,300})(?<=\S)==                                   # highlight
    | <(?P<address>https?://[^<>\s]{1,500})>
    | (?P<tick>`{1,3})(?P<code>[^`\n]{1,300})(?<!\s)(?P=tick)(?!\w)
    | (?P<emphasis>(?<!\*)\*{1,3}(?!\*)|(?<!_)_{1,3}(?!_))
    | ~~
    | %%(?:[^%]|%(?!%)){0,2000}%%                                              # Obsidian's comment
    | \[(?:inaudible|unintelligible|crosstalk|laughter|laughs|applause|music|silence|pause|noise
        |background\ noise|foreign(?:\ language)?|sighs|coughs|chuckles)[\ \d:.-]{0,20}\]  # a sound
    | \\(?=[*_#])
    | [\x00-\x08\x0b-\x1f\x7f\u200b\u2060\ufeff\u00ad]
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PlainText:
    """`text`, in pieces taken from the original: piece i is at `plain[i]` and `raw[i]`."""

    text: str
    plain: list[int]
    raw: list[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that holds `text[start:end]`; it must not be empty."""
        return self._map(start), self._map(end - 1) + 1

    def _map(self, at: int) -> int:
        piece = bisect_right(self.plain, at) - 1
        return self.raw[piece] + at - self.plain[piece]


def strip_markup(text: str) -> PlainText:
    """Remove emphasis, links, code and quote marks; their text stays."""
    removed: list[tuple[int, int]] = []
    opened: dict[str, tuple[int, int]] = {}
    for match in MARKUP.finditer(text):
        start, end = match.span()
        if match.lastgroup == "emphasis":
            # Only in pairs: the asterisk of "C*-algebra" is not markup.
            mark = match["emphasis"]
            if mark in opened and not text[start - 1].isspace() and not _is_word(text, end):
                removed += (opened.pop(mark), (start, end))
            elif not _is_word(text, start - 1) and end < len(text) and not text[end].isspace():
                opened[mark] = (start, end)
        elif match.lastgroup:
            inner_start, inner_end = match.span(match.lastgroup)
            removed += ((start, inner_start), (inner_end, end))
        else:
            removed.append((start, end))
    return _without(text, sorted(removed))


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def _without(text: str, removed: list[tuple[int, int]]) -> PlainText:
    pieces: list[str] = []
    plain: list[int] = []
    raw: list[int] = []
    length = done = 0
    for start, end in [*removed, (len(text), len(text))]:
        if done < start:
            pieces.append(text[done:start])
            plain.append(length)
            raw.append(done)
            length += start - done
        done = end
    return PlainText("".join(pieces), plain, raw)
