"""Is what models merge without a person right? A random sample, judged blind, stops them if not."""
