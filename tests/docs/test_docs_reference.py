"""The reference names what there is, and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from docs_blocks import PROJECT

from greenshift.check.configuration import CheckConfiguration, ServiceConfiguration
from greenshift.cli import app
from greenshift.config import Config
from greenshift.shift.mirror.configuration import KEYS

REFERENCE = PROJECT / "docs" / "reference"
SOURCE = PROJECT / "src" / "greenshift"

# Packages whose public names have a page.
PACKAGES = (
    "contract",
    "explain",
    "load.generator",
    "load.scenario",
    "observe",
    "postgres",
    "shift.heal",
    "shift.verify",
    "trace",
)


def rows(page: str, heading: str) -> list[str]:
    """Return what stands in the first column of the tables under a heading of a page."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("`[tool.greenshift]`", {item.name for item in fields(Config)} - {"root", "configured"}),
        ("`[tool.greenshift.check]`", {item.name for item in fields(CheckConfiguration)} - {"services"}),
        ("`[tool.greenshift.services.NAME]`", {item.name for item in fields(ServiceConfiguration)} - {"name"}),
        ("`[tool.greenshift.mirror]`", set(KEYS)),
    ],
)
def test_every_key_of_the_configuration_is_named_once(heading: str, keys: set[str]) -> None:
    assert sorted(rows("configuration.md", heading)) == sorted(keys)


def test_every_environment_variable_is_one_that_the_program_reads() -> None:
    read = {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r"""["'](GREENSHIFT_[A-Z_]+)["']""", path.read_text(encoding="utf-8"))
    }
    assert set(rows("configuration.md", "Environment variables")) <= read


def pytest_says(folder: Path, argument: str) -> str:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", argument, "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_fixtures_are_those_of_the_plugin(tmp_path: Path) -> None:
    said = pytest_says(tmp_path, "--fixtures")
    found = re.findall(r"^(\w+)[^\n]* -- [^\n]*greenshift/testing/\w+\.py:\d+$", said, re.MULTILINE)
    assert sorted(rows("fixtures.md", "Fixtures")) == sorted(set(found))


def test_the_options_are_those_of_the_plugin(tmp_path: Path) -> None:
    said = pytest_says(tmp_path, "--help")
    assert sorted(rows("fixtures.md", "Options of pytest")) == sorted(re.findall(r"^ +(--db-\S+)", said, re.MULTILINE))


def test_the_markers_arguments_are_those_of_the_plugin(tmp_path: Path) -> None:
    (signature,) = re.findall(r"^@pytest\.mark\.db\((.*?)\):", pytest_says(tmp_path, "--markers"), re.MULTILINE)
    names = [argument.partition("=")[0].strip() for argument in signature.split(",")]
    assert sorted(rows("fixtures.md", "`@pytest.mark.db`")) == sorted(names)


def public_names(package: str) -> list[str]:
    """Return the names in a package's ``__all__``, each with the module that defines it."""
    tree = ast.parse(SOURCE.joinpath(*package.split("."), "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    raise AssertionError(f"{package} has no __all__")


def documented(site: Path) -> set[str]:
    """Return what the built reference has an entry for."""
    pages = (site / "reference" / "api").rglob("index.html")
    return {
        name for page in pages for name in re.findall(r'id="(greenshift[\w.-]*)"', page.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_an_entry(package: str, site: Path) -> None:
    entries = documented(site)
    missing = [
        name
        for name in public_names(package)
        if not any(entry.startswith(f"greenshift.{package}.") and entry.endswith(f".{name}") for entry in entries)
        and f"greenshift{package}{name}".replace(".", "") not in entries
    ]
    assert not missing


def test_nothing_private_has_an_entry(site: Path) -> None:
    private = re.compile(r"\._(?!_)")
    assert not [name for name in documented(site) if private.search(name)]


def test_every_command_has_its_help_on_the_page(site: Path) -> None:
    page = (site / "reference" / "cli" / "index.html").read_text(encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-m", "greenshift", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^│ ([a-z]+) +\S", said, re.MULTILINE)
    assert len(commands) > 15
    assert not [name for name in commands if f"Usage: greenshift {name}" not in page]


def test_no_words_of_a_help_are_lost_as_markup_on_a_terminal() -> None:
    program = typer.main.get_command(app)
    helps = [
        (name, text)
        for name, command in program.commands.items()
        for text in (command.help, command.epilog, *(getattr(one, "help", None) for one in command.params))
    ]
    assert len(helps) > 100
    assert not [(name, text) for name, text in helps if re.search(r"\[[a-z#/@][^\[\]]*\]", text or "")]
