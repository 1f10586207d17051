"""Libraries without an async form are named, and left as they are."""

from __future__ import annotations

from pathlib import Path

from greenshift.shift.rewrite.stages import run_stages
from greenshift.shift.scan.inventory import scan

FLASK = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


@app.route("/")
def index():
    db.session.commit()
    return [user.id for user in User.query.filter_by(id=1).all()]
"""


def test_a_flask_sqlalchemy_application_stays_as_it_is() -> None:
    results = run_stages({"app.py": FLASK})
    assert results[-1].texts["app.py"] == FLASK
    (left,) = [one for one in results[-1].left if one.kind == "out of reach"]
    assert left.place.line == 5
    assert "Flask-SQLAlchemy" in left.reason


def test_the_inventory_says_so(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK)
    inventory = scan(tmp_path)
    assert [(one.place.line, one.text) for one in inventory.items if one.kind == "out of reach"] == [
        (5, "Flask-SQLAlchemy")
    ]


def test_the_drivers_own_connection_is_listed() -> None:
    text = (
        "from sqlalchemy import create_engine\nengine = create_engine('postgresql:///x')\n\n\ndef lock():\n"
        "    raw = engine.raw_connection()\n    raw.cursor().execute('select pg_advisory_lock(%s)', (1,))\n"
    )
    (left,) = [one for one in run_stages({"app.py": text})[-1].left if one.kind == "driver"]
    assert left.place.line == 6
    assert "run_sync" in left.reason
