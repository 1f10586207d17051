"""What is written as TOML is read as the same scenario."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from greenshift.load.scenario import (
    Data,
    Flow,
    Login,
    Request,
    Scenario,
    Skipped,
    read_scenario,
    scenario_as_dict,
    scenario_as_toml,
    scenario_from_dict,
)
from greenshift.load.scenario.placeholders import escaped
from greenshift.load.scenario.reading import scenario_from

_SCENARIO = Scenario(
    name='the "exams"',
    login=Login(
        Request("POST", "/token", "POST /token", form={"username": "{account.email}", "password": "p\\w"}),
        "access_token",
    ),
    headers={"X-A": "1"},
    data={
        "account": Data(values=({"email": "a@x", "strange key": "1"},), pick="user"),
        "number": Data(numbers=(1, 5)),
    },
    before=(Request("GET", "/exams", "GET /exams", take={"exam": "*.id"}),),
    tasks=(
        Request("GET", "/exams/{exam}", "GET /exams/{exam}", weight=5.0, params={"a": [1, 2]}, expect=(200, 404)),
        Request(
            "POST", "/exams", "make one", weight=0.5, json={"t": "a\nb", "f": 1.0, "n": {"deep": []}}, expect=(201,)
        ),
        Request("DELETE", "/x", "DELETE /x", form={}),
        Flow("a flow", 2.0, (Request("GET", "/a", "GET /a", take={"b": "id"}), Request("GET", "/{b}", "GET /{b}"))),
    ),
)


def test_it_is_read_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(scenario_as_toml(_SCENARIO), encoding="utf-8")
    assert read_scenario(tmp_path / "s.toml") == _SCENARIO


def test_what_was_skipped_and_a_suggested_login_are_comments(tmp_path: Path) -> None:
    skipped = Skipped("GET /me", "needs a login")
    whole = replace(_SCENARIO, login=None, suggested_login=_SCENARIO.login, skipped=(skipped,))
    text = scenario_as_toml(whole)
    assert "# [login]" in text
    assert "# GET /me: needs a login" in text
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    assert read_scenario(tmp_path / "s.toml") == replace(_SCENARIO, login=None)


def test_it_survives_json() -> None:
    whole = replace(_SCENARIO, skipped=(Skipped("GET /me", "x"),), suggested_login=_SCENARIO.login)
    data = json.loads(json.dumps(scenario_as_dict(whole)))
    assert scenario_from_dict(data) == whole


_JSON = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text().map(escaped),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_any_body_is_read_as_it_was(body: dict[str, Any]) -> None:
    request = Request("POST", "/", "POST /", json=body)
    text = scenario_as_toml(Scenario("s", (request,)))
    assert scenario_from(tomllib.loads(text), "s.toml", Path(), "s").tasks == (request,)
