"""What a project says that it needs, in each kind of file, with its place."""

from __future__ import annotations

import pytest

from greenshift.check.static.requirements import read_requirements

FILES = {
    "requirements": ({"requirements.txt": "flask\nsqlalchemy==2.0.30  # pinned\n"}, "sqlalchemy==2.0.30", 2),
    "extras": ({"requirements.txt": "SQLAlchemy[asyncio]>=2\n"}, "SQLAlchemy[asyncio]>=2", 1),
    "a marker": (
        {"requirements.txt": 'sqlalchemy>=2; python_version >= "3.8"\n'},
        'sqlalchemy>=2; python_version >= "3.8"',
        1,
    ),
    "hashes": ({"requirements.txt": "sqlalchemy==2.0.30 \\\n    --hash=sha256:abc\n"}, "sqlalchemy==2.0.30", 1),
    "a file of a folder": ({"requirements/base.txt": "sqlalchemy>=2\n"}, "sqlalchemy>=2", 1),
    "another name": ({"requirements-dev.in": "sqlalchemy>=2\n"}, "sqlalchemy>=2", 1),
    "included": ({"requirements.txt": "-r base.txt\n", "base.txt": "sqlalchemy>=2\n"}, "sqlalchemy>=2", 1),
    "PEP 621": (
        {"pyproject.toml": '[project]\ndependencies = [\n  "flask",\n  "sqlalchemy>=2",\n]\n'},
        "sqlalchemy>=2",
        4,
    ),
    "an extra": (
        {"pyproject.toml": '[project.optional-dependencies]\ndb = ["sqlalchemy>=2"]\n'},
        "sqlalchemy>=2",
        2,
    ),
    "a group": (
        {"pyproject.toml": '[dependency-groups]\ndev = ["sqlalchemy>=2", {include-group = "x"}]\n'},
        "sqlalchemy>=2",
        2,
    ),
    "Poetry": (
        {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\nsqlalchemy = "^2.0.1"\n'},
        "sqlalchemy<3,>=2.0.1",
        3,
    ),
    "Poetry's extras": (
        {"pyproject.toml": '[tool.poetry.dependencies]\nsqlalchemy = {version = "~2.0", extras = ["asyncio"]}\n'},
        "sqlalchemy[asyncio]<2.1,>=2.0",
        2,
    ),
    "Poetry's groups": (
        {"pyproject.toml": '[tool.poetry.group.dev.dependencies]\nsqlalchemy = "*"\n'},
        "sqlalchemy",
        2,
    ),
    "Poetry's exact version": (
        {"pyproject.toml": '[tool.poetry.dependencies]\nsqlalchemy = "2.0.1"\n'},
        "sqlalchemy==2.0.1",
        2,
    ),
    "setup.cfg": ({"setup.cfg": "[options]\ninstall_requires =\n    flask\n    sqlalchemy>=2\n"}, "sqlalchemy>=2", 4),
    "an extra of setup.cfg": ({"setup.cfg": "[options.extras_require]\ndb =\n    sqlalchemy>=2\n"}, "sqlalchemy>=2", 3),
    "Pipfile": ({"Pipfile": '[packages]\nsqlalchemy = ">=2"\n'}, "sqlalchemy>=2", 2),
}


@pytest.mark.parametrize(("files", "text", "line"), FILES.values(), ids=FILES.keys())
def test_a_requirement_and_its_place(files: dict[str, str], text: str, line: int) -> None:
    ((requirement, place),) = read_requirements(files).of("SQLAlchemy")
    assert str(requirement) == text
    assert place.line == line
    written = files[place.file].split("\n")[line - 1][place.column - 1 : place.end_column - 1]
    assert written.lower().startswith("sqlalchemy")


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "not toml ="},
        {"setup.cfg": "no section"},
        {"Pipfile": "["},
        {"requirements.txt": "-e .\n--index-url https://example.org\n./folder\nhttps://example.org/a.whl\n"},
        {"requirements.txt": "-r requirements.txt\n-r missing.txt\n"},
        {"pyproject.toml": '[project]\ndependencies = "sqlalchemy"\n'},
        {"notes.txt": "sqlalchemy>=2\n"},
    ],
)
def test_what_says_nothing(files: dict[str, str]) -> None:
    assert not read_requirements(files).found


def test_several_files_say_something_each() -> None:
    found = read_requirements({"requirements.txt": "sqlalchemy>=2\n", "requirements-dev.txt": "sqlalchemy==2.0.1\n"})
    assert len(found.of("sqlalchemy")) == 2
    assert found.allows("sqlalchemy", "2.0.1")
    assert not found.allows("sqlalchemy", "2.0.2")
