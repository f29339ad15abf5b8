"""Parts that all admin pages share, independent of any page."""
