"""Trust is earned: which merges a version may make without a person, and on what evidence."""
