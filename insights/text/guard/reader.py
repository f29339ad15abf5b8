"""Read a statement once, word by word, as the guard needs it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from insights.text.asides import Frame, framed
from insights.text.contractions import Token, cut, signs_of
from insights.text.dictionary import lemma, vocabulary
from insights.text.facts.fact import Facts, read_facts
from insights.text.folding import fold, lower
from insights.text.guard.findings import Span
from insights.text.guard.language import detect
from insights.text.guard.lexicon import ENGLISH, LANGUAGES, Clause, Lexicon, Signal, lexicon
from insights.text.guard.reading import Hidden, Mark, Reading, Word, hidden
from insights.text.lexicon import DETERMINERS, SUBJECT_PRONOUNS
from insights.text.wordlists import FUNCTION, words

_QUESTION = re.compile(r"[?？؟]+[\s\"')\].!,;:]*$")
_OPENS = re.compile(r"(?:^|[.!?:;•…][\"')\]]*)[\s\"'(\[*•-]*$")
_INTERROGATIVES = frozenset("what which who whom whose when where why how".split())
_INVERTED = frozenset("is are was were does did has".split())
_NO_FACTS = read_facts("")


@lru_cache(maxsize=8192)
def read(statement: str) -> Reading:
    """Read a statement; it depends on nothing but the text, so the result is kept."""
    plain, places = fold(statement)
    low = lower(plain)
    language = detect(_plain_words(low, plain), plain)
    is_english = language == ENGLISH
    facts = read_facts(statement) if is_english else _NO_FACTS
    frame = framed(low) if is_english else Frame(0, len(low))
    begin, end = frame.begin, frame.end
    tokens = [token for token in cut(low, plain, is_english) if begin <= token.span[0] < end]
    if end - begin < len(low):
        facts = _within(facts, *((places[begin], places[end - 1] + 1) if places else (begin, end)))
    of_facts = hidden(facts, places)
    letters = [char for char in plain if char.isalpha()]
    reader = _Reader(plain, tokens, of_facts, lexicon(language if language in LANGUAGES else "und"))
    reader.run()

    def moved(span: Span) -> Span:
        return (places[span[0]], places[span[1] - 1] + 1) if places else span

    def all_moved(marks: Sequence[Mark]) -> tuple[Mark, ...]:
        last = max(len(reader.words) - 1, 0)
        return tuple(
            Mark(mark.signal, mark.text, moved(mark.span), min(mark.head, last)) for mark in marks
        )

    return Reading(
        statement,
        language,
        facts,
        tuple(replace(word, span=moved(word.span)) for word in reader.words)
        if places
        else tuple(reader.words),
        all_moved(reader.marks),
        all_moved(reader.function),
        tuple(
            (sign, moved(span)) for sign, span in signs_of(plain) if span[0] not in of_facts.values
        ),
        frozenset(reader.clause.tenses),
        _asks([token.text for token in tokens])
        if (_QUESTION.search(plain) or _inverts(tokens)) and not frame.is_statement
        else "",
        frame.requests,
        len(letters) > 8 and sum(map(str.isupper, letters)) > 0.7 * len(letters),
    )


def _inverts(tokens: Sequence[Token]) -> bool:
    """Return True if a statement opens as a question: "is the pool open"."""
    opening = [token.text for token in tokens[:2]]
    return len(opening) == 2 and opening[0] in _INVERTED and opening[1] in _CLAUSE_OPENERS


def _within(facts: Facts, start: int, end: int) -> Facts:
    """Return the facts between two characters."""
    return replace(
        facts,
        facts=tuple(fact for fact in facts.facts if start <= fact.start < end),
        cues=tuple(cue for cue in facts.cues if start <= cue.start < end),
    )


def _asks(words: Sequence[str]) -> str:
    found = next((word for word in words if word in _INTERROGATIVES), "?")
    return {"which": "what", "whom": "who"}.get(found, found)


def _plain_words(low: str, plain: str) -> list[str]:
    return [word for word in re.split(r"\W+", low) if word.isalpha()]


_CLAUSE_OPENERS = (DETERMINERS | SUBJECT_PRONOUNS) - frozenset("much many few".split())
_ARTICLES = frozenset("a an the this that these those my your his her its our their 's".split())
_LISTING = frozenset(("and", "or", "nor", "&", ",", "/", *_ARTICLES, "both"))
_NOT = Signal("negation", "not", "")
_EXCEPT = Signal("scope", "except", "!")
_TOO_FEW = Signal("quantifier", "too-few", "!")
_DETERMINED = _ARTICLES | frozenset(("every", "each", "no", "of"))
_MODIFYING = frozenset(("position", "quantifier", "degree", "any", "comparison"))
_BETWEEN_VERBS = SUBJECT_PRONOUNS | frozenset("not never already also just been".split())
_ASPECTS = frozenset("begin start stop keep continue quit cease".split())


class _Reader:
    """One pass over the tokens of a statement."""

    def __init__(self, plain: str, tokens: list[Token], hidden: Hidden, lists: Lexicon) -> None:
        self.plain, self.tokens, self.hidden, self.lists = plain, tokens, hidden, lists
        self.english = lists.language == ENGLISH
        self.lemmas = [
            lemma(token.text) if self.english else (lists.numbers.get(token.text, token.text), "")
            for token in tokens
        ]
        self.words: list[Word] = []
        self.marks: list[Mark] = []
        self.function: list[Mark] = []
        self.clause = Clause(lists.prepositions, is_english=self.english)
        self.list_id = 0
        self.between: list[str] = []  # tokens since the last content word

    def run(self) -> None:
        place = 0
        while place < len(self.tokens):
            place += self._step(place)
        if self.english:
            self.marks = [self._joined(mark) for mark in self.marks]
            self.words = self.clause.actives(self.words)

    def _excepts(self) -> bool:
        """Return True if "but" takes something out: "all boats but the oldest"."""
        last = next((mark for mark in reversed(self.marks) if mark.signal), None)
        return (
            last is not None
            and last.signal is not None
            and last.signal.value in ("all", "none")
            and len(self.words) - last.head == 1
            and not self.between
        )

    def _joined(self, mark: Mark) -> Mark:
        """Read "do not get enough" as "get not enough"."""
        is_enough = mark.signal is not None and mark.signal.value == "enough"
        denied = (
            other
            for other in self.marks
            if other.signal == _NOT
            and other.span < mark.span
            and not re.search("[,.;:]", self.plain[other.span[1] : mark.span[0]])
        )
        if is_enough and any(denied):
            return replace(mark, signal=_TOO_FEW, text=f"not {mark.text}")
        return mark

    def _step(self, place: int) -> int:
        token = self.tokens[place]
        text, (start, end) = token.text, token.span
        if not (text[0].isalnum() or text[-1].isalnum() or text in ("'s", "&")) and len(text) == 1:
            self.clause.punctuation(text, len(self.words))
            self.between.append(text)
            return 1
        if start in self.hidden.values:
            self.clause.value()
            self.between.append("")
            return 1
        signalled, synonym = self._phrase(place), self._synonym(place)
        if signalled and not (synonym and synonym[0] > signalled[0]):
            length, signal = signalled
            if signal.value == "but" and self._excepts():
                signal = _EXCEPT
            stop = self.tokens[place + length - 1].span[1]
            after = self.tokens[place + length].text if place + length < len(self.tokens) else "."
            is_last = signal.axis == "scope" and not after[0].isalnum()  # "by month only"
            head = max(0, len(self.words) - is_last)
            self.marks.append(Mark(signal, self.plain[start:stop], (start, stop), head))
            slot, before = self.clause.slot, self.between[-1:]
            for at in range(place, place + length):
                self._grammar(at)
            if signal.axis in _MODIFYING or before in (["a"], ["an"], ["the"]):
                self.clause.slot = slot  # "during the last week", "by an outside firm"
            if signal.axis == "and_or":
                self.between[-1] = "and"
            if signal.axis == "cause":
                self.clause.slot = ""
            return length
        if start in self.hidden.cues:
            if end - 1 in self.hidden.cues and text in _CUE_WORDS:
                self.marks.append(Mark(_NOT, token.cased, token.span, len(self.words)))
            self._grammar(place)
            return 1
        if synonym:
            length, key = synonym
            self._content(place, length, key, self.lemmas[place][1], is_name=False)
            return length
        is_name = start in self.hidden.names
        if not is_name and (self._is_function(place)):
            self.function.append(Mark(None, text, token.span, len(self.words)))
            self._grammar(place)
            return 1
        key, form = self.lemmas[place]
        self._content(place, 1, key, form, is_name)
        return 1

    def _content(self, place: int, length: int, key: str, form: str, is_name: bool) -> None:
        token, stop = self.tokens[place], self.tokens[place + length - 1].span[1]
        start = token.span[0]
        list_id = 0
        between = set(self.between) - (frozenset() if self.english else self.lists.harmless)
        # "The doors are sanded and the frames ..." goes on with another subject.
        may_join = _LISTED if self.words and self.words[-1].is_passive else _LISTING
        if self.words and not _LISTED.isdisjoint(between) and between <= may_join:
            if not self.words[-1].list_id:
                self.list_id += 1
                self.words[-1] = replace(self.words[-1], list_id=self.list_id)
            list_id = self.list_id
        following = self.tokens[place + length].text if place + length < len(self.tokens) else ""
        cased = token.cased if length == 1 else self.plain[start:stop]
        parts = vocabulary().get(key, "v")
        tense = self.clause.tense(form, parts, following, self.between) if self.english else ""
        is_participle = form in ("ed", "past", "pp") or token.text in words("en/unchanged")
        is_passive = is_participle and _is_after_be(self.between)
        if is_participle and list_id and self.words[-1].is_passive:
            tense, is_passive = self.words[-1].tense, True  # "is washed and dried"
        if tense and not self.between and not is_name and parts[0] == "v":
            self.clause.slot = ""  # "the rails on the stairs caused falls"
        self.words.append(
            Word(
                token.text if length == 1 else lower(cased),
                cased,
                key,
                form,
                (start, stop),
                is_name,
                tense,
                self.clause.slot,
                float(len(self.words)),
                list_id,
                _OPENS.search(self.plain, max(0, start - 6), start) is not None,
                self.clause.number,
                is_passive=is_passive,
            )
        )
        self.clause.content()
        self.between = []

    def _grammar(self, place: int) -> None:
        following = self.lemmas[place + 1] if place + 1 < len(self.tokens) else ("", "")
        if following[0] in _BETWEEN_VERBS:
            following = self.lemmas[place + 2] if place + 2 < len(self.tokens) else ("", "")
        text = said = self.tokens[place].text
        if text == "it" and following[0] == "be":
            said = "they"  # a subject: "if we sing it is late"
        elif text == "got" and not _HAVE.isdisjoint(self.between[-1:]):
            said = ""
        elif text in _HAVE and self._following(place)[:1] == ("got",):
            said = "has"
            if self._form(place + 2) != "er":
                following = ("get", "")  # "has got" is "has", but "has got worse"
        self.clause.function(said, following[1], len(self.words), is_first=place == 0)
        self.between.append(text)

    def _form(self, place: int) -> str:
        return self.lemmas[place][1] if place < len(self.tokens) else ""

    def _following(self, place: int) -> tuple[str, ...]:
        """Return the next token as it stands and as its dictionary form."""
        after = place + 1
        if after == len(self.tokens):
            return ()
        return self.tokens[after].text, self.lemmas[after][0]

    def _phrase(self, place: int) -> tuple[int, Signal] | None:
        following = self._following(place)
        for first in dict.fromkeys((self.tokens[place].text, self.lemmas[place][0])):
            for phrase, signal in self.lists.phrases.get(first, ()):
                if len(phrase) > 1 and phrase[1] not in following:
                    continue
                after = place + len(phrase)
                if (signal.axis == "position" or first == "lower") and (
                    first != self.tokens[place].text
                ):
                    continue  # "lasts" is no form of "last", "lowers" none of "lower"
                if not self._stands(phrase, place) or self._is_lexical(place, signal, len(phrase)):
                    continue
                if not (
                    first in _RATES
                    and after < len(self.tokens)
                    and self.tokens[after].span[0] in self.hidden.values
                ):
                    return len(phrase), signal
        return None

    def _is_lexical(self, place: int, signal: Signal, length: int) -> bool:
        """Return True if a word that can be a signal is a plain noun or verb here.

        "The planning on Sundays", "keep a tally" and "starts at noon" are no plans and no aspects.
        """
        if not self.english:
            return False
        word, form = self.lemmas[place]
        before = self.tokens[place - 1].text if place else ""
        is_modal = word in ("must", "may", "might", "should")  # "it is a must"
        if (
            length == 1
            and signal.axis in ("modality", "attribution")
            and (before in _DETERMINED and not is_modal)
        ):
            return form in ("", "s", "ing")
        last = place + length
        after, its_form = self.lemmas[last] if last < len(self.tokens) else ("", "")
        if self.lemmas[place][0] == "be" and signal.value == "must":
            return self.lemmas[place - 1][0] in words("en/plans") if place else False
        if signal.value in ("used-to", "accustomed"):
            # "Anglers are used to paying"; but "the kiosk is used to sell permits"
            is_habit = signal.value == "used-to" and before not in _BE
            is_verb = "v" in vocabulary().get(after, "") and its_form != "ing"
            return not is_habit and (signal.value == "used-to" or is_verb)
        if word == "just" and length == 1:
            is_adverb = before in _BE and after not in DETERMINERS
            return is_adverb or after in ("not", "really", "too", "so", "very", "plain")
        if word in ("much", "many") and length == 1:
            return its_form == "er" or after in ("too", "more", "less", "few")  # "much longer"
        if word == "so" and length == 1:
            opens = before in (",", "and") or self.tokens[last : last + 1] == []
            opens |= after in _CLAUSE_OPENERS or vocabulary().get(after, "a")[0] == "n"
            return not opens or before == ""
        if signal.axis == "aspect" and word in _ASPECTS and self.tokens[last - 1].text != "to":
            return not any(form == "ing" for _, form in self.lemmas[last : last + 2])
        return False

    def _stands(self, phrase: tuple[str, ...], place: int) -> bool:
        if place + len(phrase) > len(self.tokens):
            return False
        for at, part in enumerate(phrase, place):
            token = self.tokens[at]
            if part != token.text and part != self.lemmas[at][0]:
                return False
            if at != place and token.span[0] in self.hidden.values and phrase[0] != "but":
                return False
        return True

    def _is_function(self, place: int) -> bool:
        text = self.tokens[place].text
        if self.english:
            if text == "used":  # "used to" is a signal
                return False
            if text == "later" and self.between[-1:] == ["the"]:  # "the later, the better"
                return False
            return text in FUNCTION or text in self.lists.harmless or text == "'s"
        if text.isdigit() or text in self.lists.numbers:
            return False
        return text in self.lists.function or len(text) == 1

    def _synonym(self, place: int) -> tuple[int, str] | None:
        """Return the length and the key of a phrase of two or more words that has synonyms."""
        following = self._following(place)
        for first in dict.fromkeys((self.tokens[place].text, self.lemmas[place][0])):
            for phrase in self.lists.synonym_phrases.get(first, ()):
                if phrase[1] in following and self._stands(phrase, place):
                    return len(phrase), " ".join(phrase)
        return None


def _is_after_be(between: Sequence[str]) -> bool:
    """Return True if a form of "be" belongs to what follows: not in "the lift was down I took"."""
    last = next((token for token in reversed(between) if token in _BE | SUBJECT_PRONOUNS), "")
    return last in _BE


_BE = frozenset("am is are was were be been being get gets got getting".split())
_HAVE = frozenset(("have", "has", "'s"))
_LISTED = frozenset(("and", "or", "nor", "&", ",", "/"))
_RATES = frozenset(("every", "each"))
_CUE_WORDS = frozenset(
    "not no never none nobody nothing neither nor without cannot unable fail hardly rarely".split()
)
