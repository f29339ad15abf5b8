"""Background work: handed to workers, locked, followed, recovered."""
