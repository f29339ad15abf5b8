"""Remove a source, or erase a person: what goes, what comes back, what stays as a tombstone."""
