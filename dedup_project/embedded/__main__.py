"""python -m dedup_project.embedded: start, stop and inspect the embedded services by hand."""

import argparse
import os
import sys
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from . import EmbeddedServiceError, database_url, place, redis_url, status, stop

DATABASE = "insight_dedup"
VAR = place.BASE_DIR / "var"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dedup_project.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start", help="start both services")
    commands.add_parser("stop", help="stop both; their data is kept")
    commands.add_parser("status", help="print what is running; exit code 1 if a service is down")
    commands.add_parser("where", help="print the URLs of running services, and their folders")
    commands.add_parser(
        "psql", help="open psql on the database; further arguments go to psql", add_help=False
    )
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "psql":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    var = Path(os.environ.get("INSIGHT_DEDUP_VAR") or VAR)
    try:
        return _run(options.command, rest, var)
    except EmbeddedServiceError as error:
        print(error, file=sys.stderr)
        return 1


def _run(command: str, rest: list[str], var: Path) -> int:
    if command == "psql":
        database = os.environ.get("EMBEDDED_DATABASE") or DATABASE
        server = conninfo_to_dict(database_url(var, database))
        # As libpq's own variables, not as an argument, so that psql's -d still chooses a database.
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
        environment = {names[key]: str(value) for key, value in server.items()}
        program = place.programs() / "psql"
        os.execve(program, ["psql", *rest], {**os.environ, **environment})  # noqa: S606
    if command == "stop":
        print(f"Stopped {' and '.join(stop(var)) or 'nothing: nothing was running'}.")
        return 0
    if command == "start":
        database_url(var)
        redis_url(var)
    services = status(var)
    if command == "where":
        for service, variable in zip(services, ("DATABASE_URL", "REDIS_URL"), strict=True):
            print(f"{variable}={service.url or ''}")
            print(f"# {service.name}: {service.folder}")
        return 0
    for service in services:
        state = f"is running as process {service.pid}" if service.running else "is not running"
        name = f"{service.name} {service.version}" if service.version else service.name
        print(f"{name} {state}; its data is in {service.folder}")
    return 0 if all(service.running for service in services) else 1


if __name__ == "__main__":
    sys.exit(main())
