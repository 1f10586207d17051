from __future__ import annotations

import sys
from pathlib import Path

import pytest

from greenshift.testing.when_imported import when_imported


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "imported_later.py").write_text("value = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "imported_later", raising=False)
    return "imported_later"


def test_the_action_follows_the_import_once(module: str) -> None:
    seen: list[int] = []
    finders = len(sys.meta_path)
    when_imported(module, lambda: seen.append(sys.modules[module].value))
    assert seen == []
    __import__(module)
    __import__(module)
    assert seen == [42]
    assert len(sys.meta_path) == finders
    del sys.modules[module]


def test_the_action_runs_at_once_where_the_module_is_there() -> None:
    seen: list[str] = []
    when_imported("sys", lambda: seen.append("now"))
    assert seen == ["now"]


def test_what_the_action_raises_reaches_the_import(module: str) -> None:
    def fail() -> None:
        raise KeyError("told")

    when_imported(module, fail)
    with pytest.raises(KeyError, match="told"):
        __import__(module)
