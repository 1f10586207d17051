"""The application that ``module:attribute`` names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from greenshift.application.importing import import_application


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = "greenshift_imported_application"
    (tmp_path / f"{name}.py").write_text(
        "class Place:\n    inner = 'inner'\n"
        "app = 'app'\n"
        "def make(): return 'made'\n"
        "def asgi(scope, receive, send): ...\n"
        "def fails(): raise RuntimeError('no settings')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


def test_what_is_named_is_imported_and_a_factory_called(module: str) -> None:
    assert import_application(module) == "app"
    assert import_application(f"{module}:Place.inner") == "inner"
    assert import_application(f"{module}:make") == "made"


def test_an_application_that_is_a_function_is_no_factory(module: str) -> None:
    assert import_application(f"{module}:asgi").__name__ == "asgi"


def test_its_own_errors_come_through(module: str) -> None:
    with pytest.raises(RuntimeError, match="no settings"):
        import_application(f"{module}:fails")
    with pytest.raises(AttributeError):
        import_application(f"{module}:missing")
