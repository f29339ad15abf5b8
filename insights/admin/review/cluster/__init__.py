"""The review screen of one cluster: its cards, its context and its form."""
