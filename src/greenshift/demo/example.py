"""The application of the demo: where it is, what it needs, and two copies of it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from greenshift.demo.errors import DemoError

# The modules of the extra `demo`, each with the package that brings it; the last ones are of the shifted application
# and of the tools.
NEEDED: Final = {
    "fastapi": "fastapi",
    "pydantic_settings": "pydantic-settings",
    "jwt": "pyjwt",
    "multipart": "python-multipart",
    "requests": "requests",
    "alembic": "alembic",
    "factory": "factory-boy",
    "httpx": "httpx",
    "xdist": "pytest-xdist",
    "aiosqlite": "aiosqlite",
    "asyncpg": "asyncpg",
    "pytest_asyncio": "pytest-asyncio",
    "schemathesis": "schemathesis",
    "locust": "locust",
    "psutil": "psutil",
    "uvicorn": "uvicorn",
}
_UNWANTED: Final = shutil.ignore_patterns("__pycache__", ".*_cache", ".greenshift", ".env", ".venv", "*.db")
# What the runs of the demo make in the copies is no change of the application's.
_IGNORED: Final = "__pycache__/\n.greenshift/\n.pytest_cache/\n*.db\n"


def example_folder() -> Path:
    """Return the example's folder: the one that the wheel brings, or the checkout's.

    Raises:
        DemoError: there is neither.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "exams", here.parents[2] / "examples" / "exams"):
        if (folder / "api" / "main.py").is_file():
            return folder
    raise DemoError(
        "the demo's application is missing from this installation", "install Greenshift from its wheel, or a checkout"
    )


def missing_packages() -> list[str]:
    """Return the packages of the extra ``demo`` that are not installed."""
    return [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]


def refuse_missing_packages() -> None:
    """Say what is not installed, before anything starts.

    Raises:
        DemoError: something is missing.
    """
    missing = missing_packages()
    if missing:
        raise DemoError(
            f"the demo's application and its tools need {', '.join(missing)}",
            f"{sys.executable} -m pip install 'greenshift[demo]'",
        )


def copy_example(folder: Path) -> tuple[Path, Path]:
    """Copy the example twice: as it is, and to be shifted; the second one is a git repository where git is installed.

    Args:
        folder: an empty folder.

    Returns:
        Both folders.

    Raises:
        DemoError: they cannot be written.
    """
    before, after = folder / "exams", folder / "exams-async"
    try:
        for copy in (before, after):
            shutil.copytree(example_folder(), copy, ignore=_UNWANTED)
    except (OSError, shutil.Error) as error:
        raise DemoError(f"the example cannot be copied to {folder}: {error}", "name another --folder") from error
    _commit(after)
    return before, after


def _commit(folder: Path) -> None:
    """Make a repository with one commit, whatever the user's own configuration of git says; git is only a comfort."""
    git = shutil.which("git")
    if git is None:
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=greenshift demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")

    def run(*arguments: str) -> bool:
        done = subprocess.run([git, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
        return done.returncode == 0

    if run("init", "--quiet", "--template="):
        information = folder / ".git" / "info"
        information.mkdir(exist_ok=True)
        (information / "exclude").write_text(_IGNORED, encoding="utf-8")
        _ = run("add", "--all") and run(*identity, "commit", "--quiet", "--message", "The application, sync")
