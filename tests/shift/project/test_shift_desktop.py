"""Desktop programs and what they share: told by imports and folders alone."""

from __future__ import annotations

import pytest

from greenshift.shift.project import project_of
from greenshift.shift.project.desktop import desktop_modules, keeps_sessions

TEXTS = {
    "app/db.py": "from sqlalchemy import create_engine\nengine = create_engine('sqlite://')\n",
    "app/models.py": "from app.db import engine\n",
    "app/window.py": "import tkinter\nfrom app import models\n",
    "app/unused.py": "x = 1\n",
    "server/main.py": "from fastapi import FastAPI\nfrom server import service\n",
    "server/service.py": "from app.models import engine\n",
    "scripts/seed.py": "from app.models import engine\n",
    "scripts/serve.py": "from server.main import app\nfrom app.models import engine\n",
    "tests/test_models.py": "from app.models import engine\n",
}


def files(texts: dict[str, str]) -> set[str]:
    return {module.file for module in desktop_modules(project_of(texts))}


def test_what_a_window_imports_belongs_to_the_desktop_program() -> None:
    assert files(TEXTS) == {"app/db.py", "app/models.py", "app/window.py", "scripts/seed.py"}


@pytest.mark.parametrize("toolkit", ["import tkinter as tk", "from PyQt6.QtWidgets import QWidget", "import wx"])
def test_toolkits(toolkit: str) -> None:
    assert "app/models.py" in files({**TEXTS, "app/window.py": f"{toolkit}\nfrom app import models\n"})


def test_a_window_that_uses_the_server_does_not_take_it() -> None:
    window = "import tkinter\nfrom app import models\ndef show():\n    from server.service import engine\n"
    assert files({**TEXTS, "app/window.py": window}) == files(TEXTS)


def test_a_server_next_to_its_windows_keeps_what_serves_alone() -> None:
    texts = {
        "main.py": "from fastapi import FastAPI\nimport models\n",
        "window.py": "import tkinter\nimport models\n",
        "models.py": "import sqlalchemy\n",
    }
    assert files(texts) == {"window.py", "models.py"}


def test_an_application_without_windows_has_no_desktop_program() -> None:
    assert files({**TEXTS, "app/window.py": "from app import models\n"}) == set()


def test_windows_without_a_database_keep_nothing() -> None:
    assert files({**TEXTS, "app/window.py": "import tkinter\n"}) == set()


def test_sessions_of_tests_stay_sync_with_those_of_a_desktop_program() -> None:
    project = project_of(TEXTS)
    assert {one.file for one in project.modules if keeps_sessions(project, one)} == files(TEXTS) | {
        "tests/test_models.py"
    }
    without = project_of({**TEXTS, "app/window.py": ""})
    assert not any(keeps_sessions(without, one) for one in without.modules)
