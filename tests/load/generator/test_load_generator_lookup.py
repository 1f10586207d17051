"""What placeholders stand for, and what a user chooses to send."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from greenshift.load.generator.lookup import Lookup, MissingValueError, Shared
from greenshift.load.generator.menu import Menu
from greenshift.load.generator.requests import PreparedRequest, prepared_tasks
from greenshift.load.scenario import Data, Flow, Request, Scenario

_DATA = {
    "account": Data(values=({"mail": "a"}, {"mail": "b"}), pick="user"),
    "number": Data(numbers=(5, 7), pick="next"),
    "word": Data(values=tuple("abcdefgh")),
}


def _lookups(count: int, worker: int = 0, workers: int = 1) -> list[Lookup]:
    shared = Shared(Scenario("x", data=_DATA), "run", worker, workers)
    return [Lookup(shared, number, Random(number)) for number in range(count)]


def test_each_user_has_its_own_value() -> None:
    assert [lookup("account.mail") for lookup in _lookups(3)] == ["a", "b", "a"]
    assert [lookup("user") for lookup in _lookups(3)] == [0, 1, 2]


def test_the_next_value_is_the_next_over_all_users() -> None:
    assert [lookup("number") for lookup in _lookups(4)] == [5, 6, 7, 5]


def test_workers_take_turns_with_the_next_values() -> None:
    assert [lookup("number") for lookup in _lookups(2, worker=1, workers=2)] == [6, 5]


def test_a_name_keeps_its_value_within_a_task() -> None:
    (lookup,) = _lookups(1)
    for _ in range(20):
        lookup.begin_task()
        assert lookup("word") == lookup("word")
    values = set()
    for _ in range(50):
        lookup.begin_task()
        values.add(lookup("word"))
    assert len(values) > 3


def test_unique_is_another_text_each_time() -> None:
    here, there = _lookups(1, 0, 2)[0], _lookups(1, 1, 2)[0]
    texts = [here("unique"), here("unique"), there("unique"), there("unique")]
    assert len(set(texts)) == 4
    assert all(text.startswith("run") and text.isalnum() for text in texts)


def test_one_of_several_taken_values_is_chosen() -> None:
    (lookup,) = _lookups(1)
    with pytest.raises(MissingValueError, match="exam"):
        lookup("exam")
    lookup.take("exam", "*.id", [{"id": 1}, {"id": 2}])
    chosen = set()
    for _ in range(30):
        lookup.begin_task()
        chosen.add(lookup("exam"))
    assert chosen == {1, 2}
    assert lookup.taken == {"exam"}


def test_a_list_with_nothing_in_it_gives_nothing() -> None:
    (lookup,) = _lookups(1)
    lookup.take("exam", "*.id", [])
    assert lookup.taken == frozenset()
    with pytest.raises(MissingValueError):
        lookup("exam")


def test_data_is_preferred_to_what_was_taken() -> None:
    (lookup,) = _lookups(1)
    lookup.take("account", "$", "taken")
    assert lookup("account") == {"mail": "a"}


def test_tasks_are_chosen_by_weight_among_what_can_be_sent() -> None:
    scenario = Scenario(
        "x",
        (
            Request("GET", "/a", "a", weight=3),
            Request("GET", "/b", "b", weight=1),
            Request("GET", "/c/{exam}", "c", weight=4),
            Flow("d", 1, (Request("GET", "/d", "d1", take={"x": "id"}), Request("GET", "/{x}/{other}", "d2"))),
        ),
    )
    menu = Menu(prepared_tasks(scenario), Random(1))

    def share(*taken: str) -> dict[str, float]:
        counts = Counter(task.name for _ in range(8000) if (task := menu.choose(frozenset(taken))))
        return {name: count / 8000 for name, count in counts.items()}

    assert share() == pytest.approx({"a": 0.75, "b": 0.25}, abs=0.03)
    assert share("exam") == pytest.approx({"a": 3 / 8, "b": 1 / 8, "c": 4 / 8}, abs=0.03)
    assert set(share("other")) == {"a", "b", "d"}


def test_nothing_can_be_chosen_where_all_need_something() -> None:
    menu = Menu(prepared_tasks(Scenario("x", (Request("GET", "/{a}", "a"),))), Random(1))
    assert menu.choose(frozenset()) is None


_VALUES: dict[str, Any] = {"a": 1, "b": "x y", "flag": True, "none": None}


def _filled(request: Request, common: dict[str, str] | None = None) -> tuple[str, dict[str, str], bytes | None]:
    filled = PreparedRequest(request, common or {}).fill(_VALUES.__getitem__)
    return filled.url, filled.headers, filled.body


def test_a_request_is_filled_in() -> None:
    request = Request(
        "GET", "/{b}?z=1", "x", params={"a": "{a}", "list": ["{b}", 2], "flag": "{flag}"}, headers={"X": "{a}"}
    )
    url, headers, body = _filled(request, {"Y": "{b}"})
    assert url == "/x%20y?z=1&a=1&list=x+y&list=2&flag=true"
    assert headers == {"X": "1", "Y": "x y"}
    assert body is None


def test_bodies() -> None:
    _, headers, body = _filled(Request("POST", "/", "x", json={"n": "{a}", "t": "{{a}}"}))
    assert (headers["Content-Type"], body) == ("application/json", b'{"n": 1, "t": "{a}"}')
    _, headers, body = _filled(Request("POST", "/", "x", form={"n": "{a}", "t": "ä"}))
    assert (headers["Content-Type"], body) == ("application/x-www-form-urlencoded", b"n=1&t=%C3%A4")
    _, headers, body = _filled(Request("POST", "/", "x", json=[], headers={"Content-Type": "text/x"}))
    assert (headers["Content-Type"], body) == ("text/x", b"[]")


def test_which_status_codes_fit() -> None:
    any_success = PreparedRequest(Request("GET", "/", "x"), {})
    assert [any_success.fits(status) for status in (200, 204, 302, 404, 500)] == [True, True, True, False, False]
    given = PreparedRequest(Request("GET", "/", "x", expect=(404,)), {})
    assert [given.fits(status) for status in (200, 404)] == [False, True]
