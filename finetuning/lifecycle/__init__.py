"""Model versions from the training request to activation and replacement."""
