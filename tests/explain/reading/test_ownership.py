"""Whose a file is, told from its path on another machine."""

from __future__ import annotations

import pytest

from greenshift.explain.reading.ownership import is_user_path


@pytest.mark.parametrize(
    "path",
    [
        "/srv/app/service.py",
        "app/service.py",
        "main.py",
        "C:\\Users\\me\\shop\\service.py",
        "~/shop/service.py",
        "/home/me/python3/project/service.py",
        "/code/sqlalchemy_models/user.py",
        "/Users/me/lib/tools.py",
        "<stdin>",
        "<ipython-input-2-efe4a7ae9889>",
    ],
)
def test_the_users_own(path: str) -> None:
    assert is_user_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "/srv/.venv/lib/python3.12/site-packages/starlette/routing.py",
        "D:\\code\\venv\\lib\\site-packages\\sqlalchemy\\pool\\base.py",
        "C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python313\\Lib\\asyncio\\runners.py",
        "/usr/lib/python3/dist-packages/flask/app.py",
        "/usr/local/lib/python3.12/asyncio/base_events.py",
        "/opt/homebrew/Cellar/python@3.13/Frameworks/Python.framework/Versions/3.13/lib/python3.13/contextlib.py",
        "lib/python3.7/site-packages/sqlalchemy/orm/state.py",
        "sqlalchemy/engine/base.py",
        "asyncpg/protocol/protocol.pyx",
        "/usr/local/src/sqlalchemy/lib/sqlalchemy/ext/asyncio/session.py",
        "<frozen importlib._bootstrap>",
        "<string>",
        "",
    ],
)
def test_a_library(path: str) -> None:
    assert not is_user_path(path)
