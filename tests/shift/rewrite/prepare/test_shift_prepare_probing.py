"""Connections that are opened to see whether one can be."""

from __future__ import annotations

from greenshift.shift.rewrite.prepare.probing import close_probes
from greenshift.shift.rewrite.stages import run_stage

HEAD = 'from sqlalchemy import create_engine\n\nengine = create_engine("sqlite://")\n\n\n'


def closed(body: str) -> str:
    text = HEAD + body
    after = run_stage("prepare", {"app.py": text}, fixers=[close_probes]).texts["app.py"]
    assert run_stage("prepare", {"app.py": after}, fixers=[close_probes]).changed == []
    return after.removeprefix(HEAD)


def test_a_connection_that_nobody_takes() -> None:
    before = "def ready():\n    try:\n        engine.connect()  # try it\n    except OSError:\n        return False\n"
    after = before.replace("engine.connect()", "with engine.connect():\n            pass")
    assert closed(before) == after


def test_connections_that_are_used() -> None:
    body = "def one():\n    connection = engine.connect()\n    engine.connect().close()\n    other.connect()\n"
    assert closed(body) == body
