"""What is shipped: a wheel and an sdist that hold what they should, and nothing else."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src" / "greenshift"
UNWANTED = {
    "__pycache__",
    ".venv",
    ".git",
    ".hypothesis",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "dist",
    "site",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both archives."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=PROJECT, check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def files_in_source() -> set[str]:
    return {
        f"greenshift/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and not UNWANTED.intersection(path.parts)
    }


def test_the_wheel_holds_the_whole_package_and_the_example_of_the_demo(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {name for name in names if ".dist-info/" not in name and not name.startswith("greenshift/demo/exams/")}
    assert package == files_in_source()
    assert "greenshift/py.typed" in package
    tracked = subprocess.run(
        ["git", "ls-files", "examples/exams"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(tracked) > 80
    shipped = {name.removeprefix("greenshift/demo/exams/") for name in names - package if ".dist-info/" not in name}
    assert shipped == {name.removeprefix("examples/exams/") for name in tracked}


def test_no_archive_holds_caches_or_what_git_does_not_have(built: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names |= set(archive.getnames())
    assert not [name for name in names if UNWANTED.intersection(PurePosixPath(name).parts) or name.endswith(".pyc")]


def test_the_sdist_holds_what_its_tests_need(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix() for name in archive.getnames()}
    tracked = subprocess.run(
        ["git", "ls-files", "src", "tests", "examples", "docs", "benchmarks"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert len(tracked) > 1000
    assert not [name for name in tracked if name not in names]
    assert {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "noxfile.py", ".ci/run"} <= names


def test_both_archives_pass_the_check_of_twine(built: Path) -> None:
    archives = [str(path) for path in built.iterdir()]
    assert len(archives) == 2
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *archives], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("PASSED") == 2


def test_the_wheel_says_what_it_supports(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        entry_points = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
        described = importlib.metadata.PathDistribution(zipfile.Path(archive, metadata.removesuffix("METADATA")))
        assert described.metadata["Requires-Python"] == ">=3.11"
        classifiers = described.metadata.get_all("Classifier") or []
    supported = {
        line.rpartition(" :: ")[2] for line in classifiers if line.startswith("Programming Language :: Python")
    }
    assert supported == {"3.11", "3.12", "3.13", "3.14"}
    assert "Typing :: Typed" in classifiers
    assert "greenshift = greenshift.testing.plugin" in entry_points
    assert "greenshift = greenshift.cli:main" in entry_points


def test_an_installed_wheel_runs_from_elsewhere(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    ran = subprocess.run(
        [sys.executable, "-c", "import greenshift.cli as c; print(c.__file__); c.main()", "--version"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target), "PATH": ""},
        capture_output=True,
        text=True,
    )
    where, version = ran.stdout.splitlines()
    assert Path(where).is_relative_to(target)
    assert version == f"greenshift {importlib.metadata.version('greenshift')}"


def test_a_run_without_database_tests_imports_no_database(tmp_path: Path) -> None:
    """What makes the plugin's start cheap; ``benchmarks/plugin_start.py`` prints how cheap."""
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.hasplugin('greenshift.testing.plugin')\n"
        "    heavy = {'sqlalchemy', 'psycopg', 'rich', 'typer', 'libcst', 'jinja2', 'asyncpg', 'httpx'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "greenshift.testing.plugin", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
