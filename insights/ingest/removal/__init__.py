"""Remove a source, which can be undone, or erase a person, which cannot."""
