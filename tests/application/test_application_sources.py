"""Which Python files belong to an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.application.sources import mentions, sources, sources_that_run

_FILES = (
    "app/main.py",
    "app/notes.txt",
    "app/contest.py",
    "conftest.py",
    "tests/data.py",
    "test_it.py",
    "it_test.py",
    "migrations/env.py",
    ".venv/lib/installed.py",
    "src/node_modules/tool.py",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in _FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


def test_what_is_installed_is_left_out(tree: Path) -> None:
    assert sorted(path for path, _ in sources(tree)) == sorted(name for name in _FILES[:8] if name.endswith(".py"))


def test_tests_and_migrations_do_not_run_with_it(tree: Path) -> None:
    assert dict(sources_that_run(tree)) == {name: f"# {name}\n" for name in ("app/contest.py", "app/main.py")}


def test_a_file_that_cannot_be_read_is_passed_over(tree: Path) -> None:
    (tree / "app" / "gone.py").symlink_to(tree / "nowhere.py")
    assert "app/gone.py" not in dict(sources(tree))
    with pytest.raises(OSError, match="the reader's own"):
        for _ in sources(tree):
            raise OSError("the reader's own")


def test_a_word_is_found_in_tests_too(tree: Path) -> None:
    assert mentions(tree, "# tests/data")
    assert not mentions(tree, "# .venv")
