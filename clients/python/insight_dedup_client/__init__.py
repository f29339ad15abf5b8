"""Typed client of Insight Dedup: `Client("https://dedup.example.org", "idt_...")`."""

from insight_dedup_client.api import Client
from insight_dedup_client.transport import File, Problem

__all__ = ["Client", "File", "Problem"]
