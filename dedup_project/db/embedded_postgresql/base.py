"""Django's PostgreSQL backend, on a server that starts with the first query.

It is used only if DATABASE_URL is not set. Starting the server here, not in the settings, means
that commands without database access (makemigrations --check, collectstatic, mypy) start nothing.
"""

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.conninfo import conninfo_to_dict

from dedup_project import embedded
from insights.types import JSONObject


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> JSONObject:
        url = embedded.database_url(settings.VAR, settings.EMBEDDED_DATABASE)
        # The name last: Django also connects to a test's database, and to "postgres".
        return {
            **super().get_connection_params(),
            **conninfo_to_dict(url),
            "dbname": self.settings_dict["NAME"] or "postgres",
        }
