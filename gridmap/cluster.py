"""The private PostGIS: one cluster in the data folder, made, started, shared and stopped by its users.

Who uses the cluster holds a shared `flock` on ``users.lock``; the kernel drops it when the process dies,
however it dies. Starting and stopping happen under an exclusive lock on ``start.lock``. Whoever releases
last, stops the server. After a kill -9 of a user the server stays up and the next user attaches.

The server listens on a Unix socket in a folder only its owner may enter, and `peer` lets in only the owner
and root, so there is neither a password nor a port. The socket's path follows from the data folder's path
alone, so a second process finds it without asking.

What this cannot see: another PID namespace. Two containers must not share one data folder; give them
DATABASE_URL.
"""

from __future__ import annotations

import atexit
import fcntl
import glob
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Say = Callable[..., None]

ROLE = "gridmap"
SERVICE_USER = (
    "postgres"  # initdb refuses root, so root's cluster belongs to the user the Debian package makes
)
SOCKET_PATH_LIMIT = 80  # bytes; the system allows 107 including the file name that PostgreSQL appends
FREE_SPACE_MB = 300  # below this a new cluster cannot be expected to fit; below 20 nothing can
FORKED_SECONDS, CUT_SECONDS = 0.5, 10.0
START_SECONDS = 600  # crash recovery of a large city may take minutes
LOG_LIMIT_BYTES = 20_000_000

DURABLE = """\
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 2GB
"""
THROW_AWAY = """\
fsync = off
synchronous_commit = off
full_page_writes = off
"""
SERVER_SETTINGS = """\
# Written anew by GridMap at every start; own settings go to postgresql.auto.conf (ALTER SYSTEM).
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
effective_cache_size = 1GB
random_page_cost = 1.1
jit = off
client_connection_check_interval = 10s
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
log_line_prefix = '%m [%p] '
"""


def find_binaries() -> Path:
    """Folder of the newest PostgreSQL server binaries that have PostGIS beside them.

    Raises
    ------
    Unavailable
        When there are none, with the command that installs them.
    """
    installed = sorted(
        glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: -float(path.split("/")[4])
    )
    for initdb in installed:
        if Path(f"/usr/share/postgresql/{initdb.split('/')[4]}/extension/postgis.control").exists():
            return Path(initdb).parent
    raise Unavailable("cluster_no_binaries")


def say_nothing(key: str, **values: Any) -> None:
    """Swallow what would be said, where nobody listens."""


class Cluster:
    """One PostgreSQL cluster in a folder.

    Parameters
    ----------
    root
        Folder of the cluster; made at the first start.
    durable
        False drops every guarantee against a crash: for tests only.
    say
        Told what takes long, as a key of the catalogue and its values.
    """

    def __init__(self, root: Path, *, durable: bool = True, say: Say = say_nothing) -> None:
        self.root = Path(os.path.realpath(root))
        self.durable = durable
        self.data = self.root / "data"
        self._say = say
        self._binaries = find_binaries()
        self._owner = self._find_owner()
        self.socket_folder = self._choose_socket_folder()
        self._users_fd: int | None = None
        self._user_pid = 0
        self._is_running = False  # a program of ours; still true where a signal has cut its start short

    def url(self, database: str = ROLE) -> str:
        """Address of one of the cluster's databases, as SQLAlchemy takes it."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.socket_folder}"

    def start(self) -> None:
        """Become a user of the cluster; make it and start it where needed.

        Harmless when already a user: a server that died meanwhile is started again.

        Raises
        ------
        Unavailable
            When the server cannot run, with what to do.
        """
        self._make_folder(self.root)
        with self._lock("start.lock"):
            if self._users_fd is None:
                self._users_fd, self._user_pid = self._open("users.lock"), os.getpid()
                fcntl.flock(self._users_fd, fcntl.LOCK_SH)
                # A signal may come where nobody is there to release it yet.
                atexit.register(self.release)
            try:
                self._require_same_major()
                if not self.data.exists():
                    self._make_data()
                self._start_server()
            except BaseException as error:  # Ctrl-C too: it may come when the server is half up
                self._leave()
                if isinstance(error, OSError):
                    self._require_space()
                    reason = error.strerror or str(error)
                    raise Unavailable("cluster_no_folder", folder=self.root, reason=reason) from error
                raise

    def release(self) -> bool:
        """Stop being a user; the last one stops the server. Returns whether the server was stopped."""
        if self._users_fd is None or self._user_pid != os.getpid():
            return False  # a forked child must not end its parent's use
        with self._lock("start.lock"):
            return self._leave()

    def is_answering(self) -> bool:
        """Whether the server takes connections now."""
        return self._ask_ready() == 0

    # Who owns the cluster, and where things stand.

    def _find_owner(self) -> pwd.struct_passwd:
        me = os.geteuid()
        try:
            uid = self.data.stat().st_uid
        except (FileNotFoundError, NotADirectoryError):
            uid = me
        except PermissionError:  # not even to be looked at: then the folder around it says whose it is
            uid = self.root.stat().st_uid
        try:
            owner = pwd.getpwnam(SERVICE_USER) if uid == 0 else pwd.getpwuid(uid)
        except KeyError:
            raise Unavailable("cluster_no_user", uid=uid) from None
        if me not in (0, owner.pw_uid):
            raise Unavailable("cluster_other_owner", folder=self.root, owner=owner.pw_name)
        return owner

    def _choose_socket_folder(self) -> Path:
        """Beside the data; where that path is too long for a socket, a short one that follows from it."""
        beside = self.root / "socket"
        if len(os.fsencode(beside)) <= SOCKET_PATH_LIMIT:
            return beside
        mark = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(f"/tmp/gridmap-{self._owner.pw_uid}-{mark}")  # noqa: S108 - _make_folder refuses a planted one

    def _make_folder(self, folder: Path) -> None:
        """Make a 0700 folder of the owner's; refuse a link or somebody else's folder in its place."""
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self._owner.pw_uid):
                raise Unavailable("cluster_foreign_folder", folder=folder)
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid, follow_symlinks=False)
            folder.chmod(0o700)
        except OSError as error:
            raise Unavailable("cluster_no_folder", folder=folder, reason=error.strerror) from error
        self._require_passage(folder)

    def _require_passage(self, folder: Path) -> None:
        """Require that the server's user can walk down to `folder`; /root, for one, is closed to others."""
        if os.geteuid() == self._owner.pw_uid:
            return
        for parent in folder.parents:
            found = parent.stat()
            if not (found.st_mode & stat.S_IXOTH or found.st_uid == self._owner.pw_uid):
                raise Unavailable(
                    "cluster_closed_folder", folder=parent, user=self._owner.pw_name, wanted=folder
                )

    # Making the data folder.

    def _require_same_major(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            return
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        installed = self._binaries.parent.name
        if made_by == installed:
            return
        # After a system upgrade several majors stand side by side: the old one still opens its data.
        if (old := Path(f"/usr/lib/postgresql/{made_by}/bin")).joinpath("postgres").exists():
            self._binaries = old
            return
        raise Unavailable(
            "cluster_other_major",
            folder=self.data,
            made_by=made_by,
            installed=installed,
            root=self.root,
            socket=self.socket_folder,
        )

    def _make_data(self) -> None:
        self._require_space(FREE_SPACE_MB)
        self._say("say.cluster_making", folder=self.data)
        draft = self.root / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._run(
            "initdb",
            *("-D", str(draft), "-U", ROLE, "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8"),
            # C.UTF-8 exists everywhere; plain C would silently kill trigram search in Chinese.
            "--data-checksums" if self.durable else "--no-sync",
        )
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude 'gridmap.conf'\n")
        self._write(draft / "pg_hba.conf", f"local all {ROLE} peer map=gridmap\n")
        draft.rename(self.data)  # a half-made cluster is never used

    def _require_space(self, wanted_mb: int = 20) -> None:
        free_mb = shutil.disk_usage(self.root).free // 1_000_000
        if free_mb < wanted_mb:
            raise Unavailable("cluster_disk_full", folder=self.root, free_mb=free_mb, wanted_mb=wanted_mb)

    # Starting the server.

    def _start_server(self) -> None:
        """Wait for a server that is coming up; start one where there is none."""
        self._make_folder(self.socket_folder)
        give_up_at = time.monotonic() + START_SECONDS
        tell_at = time.monotonic() + 2
        while time.monotonic() < give_up_at:
            ready = self._ask_ready()
            if ready == 0:
                return
            if ready == 2 and not self._has_processes():
                self._launch()
                continue
            if time.monotonic() > tell_at:
                self._say("say.cluster_waiting")
                tell_at = give_up_at
            time.sleep(0.1)
        raise Unavailable("cluster_stuck", log=self.root / "server.log")

    def _launch(self) -> None:
        self._say("say.cluster_starting")
        # pg_ctl believes the pid file, which a killed server leaves behind; here nobody is alive.
        for left_over in (
            self.data / "postmaster.pid",
            self.socket_folder / ".s.PGSQL.5432.lock",
            self.socket_folder / ".s.PGSQL.5432",
        ):
            left_over.unlink(missing_ok=True)
        self._write(
            self.data / "gridmap.conf",
            SERVER_SETTINGS.format(socket_folder=self.socket_folder)
            + (DURABLE if self.durable else THROW_AWAY),
        )
        # Written at each start: the folder may have been moved to another user.
        self._write(
            self.data / "pg_ident.conf",
            "".join(f"gridmap {user} {ROLE}\n" for user in sorted({self._owner.pw_name, "root"})),
        )
        log = self.root / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        failed = self._run(
            "pg_ctl", "start", "-D", str(self.data), "-w", "-t", "60", "-l", str(log), accept=(0, 1)
        )
        if failed and not self._has_processes():  # still alive after 60 s: in recovery, the caller waits on
            self._require_space()
            raise Unavailable("cluster_not_started", log=log, last_lines=_last_lines(log.read_bytes()))

    def _leave(self) -> bool:
        """Give up the use, under the start lock; stop the server when nobody else holds one."""
        if self._users_fd is None:
            return False
        try:
            if not self._is_last_user(self._users_fd):
                return False
            if self._has_processes():  # else a left-over pid file would have a stranger signalled
                where = ("-D", str(self.data), "-w", "-t", "120", "-m", "fast")
                self._run("pg_ctl", "stop", *where, accept=(0, 1))
        finally:
            atexit.unregister(self.release)
            os.close(self._users_fd)
            self._users_fd = None
        return True

    def _is_last_user(self, users_fd: int) -> bool:
        """Whether nobody else holds a use.

        A program of ours that a signal caught between fork and exec holds our own lock a moment longer; on a
        crowded machine that moment is long.
        """
        give_up_at = time.monotonic() + (CUT_SECONDS if self._is_running else FORKED_SECONDS)
        while True:
            try:
                fcntl.flock(users_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    return False
                time.sleep(0.02)
            else:
                return True

    def _ask_ready(self) -> int:
        """pg_isready's answer: 0 takes connections, 1 is starting or stopping, 2 nobody there."""
        where = ("-U", ROLE, "-d", "postgres", "-h", str(self.socket_folder), "-t", "5")
        return self._run("pg_isready", "-q", *where, accept=(0, 1, 2))

    def _has_processes(self) -> bool:
        """Whether any process works inside the data folder: the postmaster, or a backend it left orphaned.

        Zombies have no working folder, so a killed postmaster that nobody reaped does not count.
        """
        for process in glob.glob("/proc/[0-9]*"):
            try:
                if os.readlink(f"{process}/cwd") == str(self.data):
                    return True
            except OSError:
                continue  # gone meanwhile, or not ours to look at
        return False

    # Small change.

    def _run(self, program: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> int:
        """Run a server program as the cluster's owner; returns its exit code, one of `accept`."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environ |= {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        drop: dict[str, Any] = {}
        if os.geteuid() != self._owner.pw_uid:
            drop = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        self._is_running = True
        with tempfile.TemporaryFile() as output:  # no pipe: the server would inherit it and keep it open
            done = subprocess.run(  # noqa: S603 - a fixed program with our own paths
                [str(self._binaries / program), *arguments],
                cwd="/",
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; it must not tear the server down under its users
                check=False,
                **drop,
            )
            self._is_running = False
            if done.returncode not in accept:
                self._require_space()
                output.seek(0)
                raise Unavailable(
                    "cluster_program_failed", program=program, last_lines=_last_lines(output.read())
                )
        return done.returncode

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        fd = self._open(name)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _open(self, name: str) -> int:
        fd = os.open(self.root / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if os.geteuid() == 0:
            os.fchown(fd, self._owner.pw_uid, self._owner.pw_gid)
        return fd

    def _write(self, path: Path, content: str) -> None:
        """Write a file of the server's, whole or not at all, and only where it says something else."""
        if path.exists() and path.read_text(encoding="utf-8") == content:
            return
        draft = path.with_name(f"{path.name}.new")
        draft.write_text(content, encoding="utf-8")
        os.chown(draft, self._owner.pw_uid, self._owner.pw_gid)
        draft.replace(path)


def _last_lines(log: bytes, count: int = 5) -> str:
    return "\n".join(log.decode("utf-8", errors="replace").splitlines()[-count:])
