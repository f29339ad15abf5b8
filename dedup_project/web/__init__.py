"""The web server's edge: log-in, security headers, health, metrics, the admin site."""
