"""The system user that a service runs as, and the folders that this user can reach.

Only root has a choice. PostgreSQL refuses to run as root, so it gets a user of its own. Nothing
here changes the permissions of a folder that a service does not own.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .service import EmbeddedServiceError

SYSTEM_USER = "insight_dedup"


@dataclass(frozen=True)
class Account:
    """A system user; `run` and `daemon` start processes as it."""

    name: str
    uid: int
    gid: int

    def run(self, *command: str | Path, cwd: Path = Path("/")) -> subprocess.CompletedProcess[str]:
        """Run a command as this user with an environment of PATH only.

        The exit code is not checked. Raises OSError if this user cannot execute the command.
        """
        switch = self.uid != os.geteuid()
        return subprocess.run(  # noqa: S603 - our own commands, no shell
            command,
            cwd=cwd,
            # Secrets such as API keys stay out of a server that outlives us.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            umask=0o077,
            # Ctrl-C in the terminal that started a server must not stop the server.
            start_new_session=True,
            user=self.uid if switch else None,
            group=self.gid if switch else None,
            extra_groups=[] if switch else None,
        )

    def daemon(self, *command: str | Path, cwd: Path, log: Path) -> int:
        """Start a process that outlives this one, log its output to `log`, return its id."""
        script = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'
        started = self.run("/bin/sh", "-c", script, "sh", log, *command, cwd=cwd)
        if started.returncode:
            raise EmbeddedServiceError(f"Cannot start {command[0]}: {started.stderr.strip()}")
        return int(started.stdout)

    def can_enter(self, folder: Path) -> bool:
        """Return whether this user can enter `folder` through all its parents."""
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0

    def can_run(self, program: Path) -> bool:
        """Return whether this user can execute `program`, which must accept `--version`."""
        try:
            return self.run(program, "--version").returncode == 0
        except OSError:
            return False

    def own(self, folder: Path) -> None:
        """Make `folder` private to this user."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.uid != os.geteuid():
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Write a private file of this user to `path` atomically.

        A link there is replaced, not followed, because root may be writing into this user's folder.
        """
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            if self.uid != os.geteuid():
                os.fchown(file.fileno(), self.uid, self.gid)
            file.write(text)
        os.replace(name, path)


def current_account() -> Account:
    """Return the current user, who may have no name in a container."""
    uid = os.geteuid()
    return _account(uid) or Account(str(uid), uid, os.getegid())


def service_account(home: Path) -> Account | None:
    """Return the user that runs the service of `home`, a folder in var/.

    An ordinary user runs it themselves. Root runs it as the owner of `home` or of var/, so that a
    person's checkout stays theirs; None if both belong to root.
    """
    if os.geteuid() != 0:
        return current_account()
    if home.exists() and (owner := home.stat().st_uid):
        return _account(owner) or _make_user(owner)
    owner = home.parent.stat().st_uid
    return _account(owner) if owner else None


def system_account() -> Account:
    """Return the user that root runs PostgreSQL as: its own, else `nobody`."""
    try:
        return _named(SYSTEM_USER) or _make_user()
    except EmbeddedServiceError as error:
        if nobody := _named("nobody"):
            return nobody
        raise EmbeddedServiceError(f"{error} The user nobody does not exist either.") from error


def _make_user(uid: int | None = None) -> Account:
    """Create the system user, with `uid` if existing data belongs to it."""
    reason = "there is no useradd"
    if useradd := shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
        options = ["--system", "--no-create-home", "--home-dir", "/nonexistent"]
        shell = ["--shell", "/usr/sbin/nologin", "--user-group"]
        number = ["--uid", str(uid)] if uid is not None else []
        command = [useradd, *options, *shell, *number, SYSTEM_USER]
        reason = current_account().run(*command).stderr.strip()
    # Another process may have created it first; only its existence matters.
    account = _account(uid) if uid is not None else _named(SYSTEM_USER)
    if account is None:
        raise EmbeddedServiceError(
            "PostgreSQL does not run as root and needs a system user"
            + (f" with the id {uid}, which its data belongs to" if uid is not None else "")
            + f"; creating {SYSTEM_USER} failed: {reason}. Create it by hand, run as an ordinary"
            " user, or set DATABASE_URL to a server of your own."
        )
    return account


def _account(uid: int) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
