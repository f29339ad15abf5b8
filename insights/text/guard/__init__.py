"""Compare two statements and name what keeps them from being merged automatically."""

from insights.text.guard.compare import compare
from insights.text.guard.findings import Comparison, Finding, Kind, LeftOver, Span
from insights.text.guard.reader import read
from insights.text.guard.reading import Reading
