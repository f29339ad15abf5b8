"""The units that a number can carry, and how to convert exactly inside one dimension."""

import re
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    """`factor` times the amount is the amount in the base of its `dimension`."""

    name: str
    dimension: str
    factor: Fraction = Fraction(1)


# name | dimension | factor | spellings. Months have no length in days; bytes go by 1000; pounds are
# money (the weight is "lb").
_TABLE = """
millisecond | second | 1/1000 | ms msec millisecond milliseconds
second | second | 1 | s sec secs second seconds
minute | second | 60 | min mins minute minutes
hour | second | 3600 | h hr hrs hour hours
day | second | 86400 | d day days
week | second | 604800 | wk wks week weeks
fortnight | second | 1209600 | fortnight fortnights
working day | working day | 1 | workday workdays
month | month | 1 | mo mos month months
quarter | month | 3 | quarter quarters
year | month | 12 | y yr yrs year years
decade | month | 120 | decade decades
milligram | gram | 1/1000 | mg milligram milligrams
gram | gram | 1 | g gram grams gramme grammes
kilogram | gram | 1000 | kg kgs kilo kilos kilogram kilograms
tonne | gram | 1000000 | t tonne tonnes
ounce | ounce | 1 | oz ounce ounces
pound weight | ounce | 16 | lb lbs
bit | bit | 1 | bit bits
kilobit | bit | 1000 | kbit kbits kilobit kilobits
megabit | bit | 1000000 | mbit mbits megabit megabits
gigabit | bit | 1000000000 | gbit gbits gigabit gigabits
megabit per second | bit/second | 1000000 | mbps mbit/s megabit/s
gigabit per second | bit/second | 1000000000 | gbps gbit/s gigabit/s
megabyte per second | byte/second | 1000000 | mb/s
gigabyte per second | byte/second | 1000000000 | gb/s
byte | byte | 1 | byte bytes
kilobyte | byte | 1000 | kb kilobyte kilobytes
megabyte | byte | 1000000 | mb megabyte megabytes
gigabyte | byte | 1000000000 | gb gig gigs gigabyte gigabytes
terabyte | byte | 1000000000000 | tb terabyte terabytes
millimetre | metre | 1/1000 | mm millimetre millimetres millimeter millimeters
centimetre | metre | 1/100 | cm centimetre centimetres centimeter centimeters
metre | metre | 1 | m metre metres meter meters
kilometre | metre | 1000 | km kilometre kilometres kilometer kilometers
inch | foot | 1/12 | inch inches
foot | foot | 1 | ft foot feet
yard | foot | 3 | yd yards
mile | foot | 5280 | mile miles
millilitre | litre | 1/1000 | ml millilitre millilitres milliliter milliliters
litre | litre | 1 | l litre litres liter liters
gallon | gallon | 1 | gallon gallons
kilometre per hour | kilometre per hour | 1 | km/h kph kmh
mile per hour | mile per hour | 1 | mph
degree | degree | 1 | ° degree degrees
celsius | celsius | 1 | °c celsius
fahrenheit | fahrenheit | 1 | °f fahrenheit
hertz | hertz | 1 | hz hertz
kilohertz | hertz | 1000 | khz
megahertz | hertz | 1000000 | mhz
gigahertz | hertz | 1000000000 | ghz
milliwatt | watt | 1/1000 | milliwatt milliwatts
watt | watt | 1 | w watt watts
kilowatt | watt | 1000 | kw kilowatt kilowatts
megawatt | watt | 1000000 | mw megawatt megawatts
gigawatt | watt | 1000000000 | gw gigawatt gigawatts
kilowatt hour | watt hour | 1000 | kwh
megawatt hour | watt hour | 1000000 | mwh
volt | volt | 1 | v volt volts
megapixel | megapixel | 1 | mp megapixel megapixels
pixel | pixel | 1 | px pixel pixels
per cent | per cent | 1 | % percent pct
percentage point | percentage point | 1 | pp
basis point | percentage point | 1/100 | bp bps
point | point | 1 | pt pts point points
times | times | 1 | x × times time fold
US dollar | US dollar | 1 | $ us$ usd dollar dollars buck bucks
Canadian dollar | Canadian dollar | 1 | c$ cad
Australian dollar | Australian dollar | 1 | a$ aud
euro | euro | 1 | € eur euro euros
pound | pound | 1 | £ gbp pound pounds quid
penny | pound | 1/100 | p penny pence
cent | cent | 1 | cent cents
yen | yen | 1 | ¥ yen jpy
yuan | yuan | 1 | yuan cny rmb
franc | franc | 1 | chf franc francs
rupee | rupee | 1 | ₹ rs inr rupee rupees
krona | krona | 1 | sek krona kronor
"""

UNITS: dict[str, Unit] = {}
for _row in _TABLE.strip().splitlines():
    _name, _dimension, _factor, _spellings = _row.split(" | ")
    for _spelling in _spellings.split():
        UNITS[_spelling] = Unit(_name, _dimension, Fraction(_factor))

_PHRASES = {
    "percentage point": UNITS["pp"],
    "basis point": UNITS["bp"],
    "per cent": UNITS["%"],
    "percent": UNITS["%"],
    "working day": UNITS["workday"],
    "business day": UNITS["workday"],
    "work day": UNITS["workday"],
    "us dollar": UNITS["usd"],
    "canadian dollar": UNITS["cad"],
    "australian dollar": UNITS["aud"],
    "degrees celsius": UNITS["celsius"],
    "degrees c": UNITS["celsius"],
    "degrees fahrenheit": UNITS["fahrenheit"],
    "degrees f": UNITS["fahrenheit"],
}
_PHRASE = "|".join(phrase.replace(" ", "[ -]?") for phrase in _PHRASES)
_AFTER = re.compile(
    rf"[ -]?(?:(?P<phrase>{_PHRASE})s?(?![a-z])"
    r"|(?P<symbol>°[cf]?(?![a-z])|[%€£$¥₹×])"
    r"|(?:(?:calendar|full|whole|extra|more|further|additional|consecutive|solid|straight)[ -])?"
    r"(?P<word>[a-z]+(?:/[hs](?![a-z]))?)(?![a-z0-9]))"
)
_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:us|c|a)?\$|[€£¥₹]"
    r"|(?<![a-z])(?:rs\.?|usd|eur|gbp|chf|cad|aud|sek|inr|jpy))[ ]?$"
)
_OF_A = re.compile(r"[ -](?:of[ ])?(?:an?[ ])?(?=[a-z])")
_ONLY_ATTACHED = frozenset("s d p x v w t")
_CASED = {
    "Kb": UNITS["kbit"],
    "Mb": UNITS["mbit"],
    "Gb": UNITS["gbit"],
    "Mb/s": UNITS["mbps"],
    "Gb/s": UNITS["gbps"],
    "MBps": UNITS["mb/s"],
    "GBps": UNITS["gb/s"],
    "mW": UNITS["milliwatt"],
}
TIME = frozenset({"second", "month", "working day"})
_MONEY_FROM = list(UNITS).index("$")
MONEY = frozenset(unit.name for unit in list(UNITS.values())[_MONEY_FROM:])


def unit_after(text: str, cased: str, end: int) -> tuple[Unit, int] | None:
    """Return the unit that begins at `end` and where it ends.

    `cased` is the text before lowering.
    """
    match = _AFTER.match(text, end)
    if not match:
        return None
    if phrase := match["phrase"]:
        joined = re.sub(r"per-?cent", "percent", phrase.replace("-", " "))
        unit = _PHRASES.get(joined) or _PHRASES[_spaced(joined)]
        return unit, match.end()
    word = match["symbol"] or match["word"]
    begin = match.start("symbol" if match["symbol"] else "word")
    if word in _ONLY_ATTACHED and begin != end:
        return None
    found = _CASED.get(cased[begin : match.end()]) or UNITS.get(word)
    return (found, match.end()) if found else None


def _spaced(phrase: str) -> str:
    return next(known for known in _PHRASES if known.replace(" ", "") == phrase.replace(" ", ""))


def unit_of_share(text: str, cased: str, end: int) -> tuple[Unit, int] | None:
    """Return the unit of "half an hour", "half a kilo", "a quarter of an hour"."""
    match = _OF_A.match(text, end)
    found = unit_after(text, cased, match.end()) if match else None
    return found if found and found[0].dimension != "times" else None


def currency_before(text: str, start: int) -> tuple[Unit, int] | None:
    """Return the currency that stands before a number ("€5") and where it starts."""
    match = _BEFORE.search(text, max(0, start - 5), start)
    return (UNITS[match.group().strip(" .")], match.start()) if match else None
