"""The reviewers' page: one decision a screen, by key or by mouse, with or without JavaScript."""
