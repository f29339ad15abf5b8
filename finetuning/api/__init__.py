"""The API's part about models: the guide's addresses and /api/v1/. Thin views."""
