"""The API for scripts. Views are thin: parse, call a service or selector, show."""
