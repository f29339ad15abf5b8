"""Extract statements from chunks of text."""

from insights.ingest.extraction.rules import RuleExtractor
from insights.ingest.extraction.statement import ExtractedStatement, Extractor
