"""Parts that all admin pages share. Nothing here knows a single page."""
