"""Written documents: text, web pages, office files, PDF, mail."""
