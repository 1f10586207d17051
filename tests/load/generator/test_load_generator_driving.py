"""Locust drives a real application: what it is sent, and what is measured."""

from __future__ import annotations

import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from greenshift.load.driven import Driven
from greenshift.load.errors import ScenarioError
from greenshift.load.generator import drive
from greenshift.load.scenario import Scenario, scenario_for
from greenshift.load.step import Step

Read = Callable[[str], Scenario]
Seen = Callable[[], list[dict[str, Any]]]

_EXAMS = '[[step]]\npath = "/exams"\n'


def test_an_application_is_driven_by_its_openapi_document(quiz: str) -> None:
    driven = drive(scenario_for(quiz), quiz, Step(users=4, requests=300, warm_up=0))
    counts = {endpoint.name: endpoint.requests for endpoint in driven.endpoints}
    assert sum(counts.values()) == driven.requests == driven.answers == driven.latency.count == 300
    assert counts["GET /exams/{exam_id}"] > counts["POST /exams"] > 0
    # POST /even takes the 1 that is made for its number for odd.
    assert {failure.problem for failure in driven.failures} == {"status 422 where success is expected"}
    assert driven.errors == counts["POST /even"] == driven.failures[0].count
    assert driven.failures[0].example == '{"detail":"odd"}'
    assert driven.notes[0].startswith("POST /even always answered 422 to data made from its schema")


def test_a_time_is_measured_and_the_warm_up_is_not(quiz: str, scenario: Read, seen: Seen) -> None:
    told: list[tuple[str, float]] = []
    driven = drive(
        scenario(_EXAMS),
        quiz,
        Step(users=2, seconds=1, warm_up=0.5),
        measuring=lambda: told.append(("measuring", time.monotonic())),
        measured=lambda: told.append(("measured", time.monotonic())),
    )
    assert driven.seconds == pytest.approx(1, abs=0.01)
    assert [what for what, _ in told] == ["measuring", "measured"]
    assert told[1][1] - told[0][1] == pytest.approx(1, abs=0.3)
    assert driven.errors == driven.timeouts == 0
    assert len(seen()) > driven.requests
    assert sum(moment.answers for moment in driven.over_time) == driven.answers
    assert driven.throughput == pytest.approx(driven.requests, rel=0.1)
    (process,) = driven.processes
    assert process.name == "generator"
    assert 0 < process.processor <= 1.1
    assert 0 < driven.machine <= 1


def test_workers_share_users_and_requests(quiz: str, scenario: Read, seen: Seen) -> None:
    text = '[data.n]\nnumbers = [0, 999]\npick = "next"\n'
    text += '[[step]]\npath = "/exams"\nparams = { n = "{n}", u = "{user}", x = "{unique}" }'
    driven = drive(scenario(text), quiz, Step(users=3, requests=100, warm_up=0), workers=2)
    assert driven.requests == driven.answers == 100
    assert [process.name for process in driven.processes] == ["worker 1", "worker 2", "master"]
    queries = [dict(part.split("=") for part in request["query"].split("&")) for request in seen()]
    assert len(queries) == 100
    assert len({query["u"] for query in queries}) == 3
    assert len({query["x"] for query in queries}) == 100
    # Each takes every second number, so that no number comes twice.
    assert len({query["n"] for query in queries}) == 100
    assert not driven.saturated or driven.reason


def test_users_log_in_once_with_their_own_account(quiz: str, scenario: Read, seen: Seen) -> None:
    text = """
    [login]
    path = "/token"
    form = { username = "{account.name}", password = "{account.password}" }
    token = "access_token"
    [data.account]
    values = [{ name = "ann", password = "right" }, { name = "bob", password = "right" }]
    pick = "user"
    [headers]
    X-Client = "load"
    [[step]]
    path = "/me"
    """
    driven = drive(scenario(text), quiz, Step(users=4, requests=40, warm_up=0))
    assert (driven.requests, driven.errors) == (40, 0)
    requests = seen()
    logins = [request for request in requests if request["path"] == "/token"]
    assert Counter(request["body"] for request in logins) == {
        "username=ann&password=right": 2,
        "username=bob&password=right": 2,
    }
    tokens = {request["headers"]["authorization"] for request in requests if request["path"] == "/me"}
    assert tokens == {"Bearer token-of-ann", "Bearer token-of-bob"}
    assert all(request["headers"]["x-client"] == "load" for request in requests)


def test_users_log_in_by_a_cookie(quiz: str, scenario: Read) -> None:
    text = '[login]\npath = "/cookie"\njson = { name = "n{user}" }\n[[step]]\npath = "/mine"'
    driven = drive(scenario(text), quiz, Step(users=2, requests=10, warm_up=0))
    assert (driven.requests, driven.errors) == (10, 0)


def test_a_login_that_fails_ends_the_load(quiz: str, scenario: Read) -> None:
    text = '[login]\npath = "/token"\nform = { username = "a", password = "no" }\ntoken = "access_token"\n' + _EXAMS
    with pytest.raises(ScenarioError) as caught:
        drive(scenario(text), quiz, Step(users=2, requests=10))
    assert "POST /token failed: status 401" in caught.value.problem
    assert "wrong password" in caught.value.problem
    assert "[login]" in caught.value.fix


def test_a_flow_carries_values_from_answer_to_request(quiz: str, scenario: Read, seen: Seen) -> None:
    text = """
    [data.word]
    values = ["a", "b", "c", "d"]
    [[before]]
    path = "/exams"
    take = { exam = "*.id" }
    [[flow]]
    name = "attempt"
    [[flow.step]]
    method = "POST"
    path = "/attempts"
    json = { exam = "{exam}", word = "{word}" }
    take = { attempt = "attempt.id" }
    [[flow.step]]
    path = "/attempts/{attempt}"
    params = { exam = "{exam}", word = "{word}" }
    """
    driven = drive(scenario(text), quiz, Step(users=1, requests=40, warm_up=0))
    assert driven.errors == 0
    requests = [request for request in seen() if request["path"] != "/exams"]
    for first, second in zip(requests[::2], requests[1::2], strict=False):
        exam, word = first["body"].removesuffix('"}').removeprefix('{"exam": ').split(', "word": "')
        assert second["query"] == f"exam={exam}&word={word}"
        assert exam in ("3", "5", "8")
    assert {endpoint.name: endpoint.requests for endpoint in driven.endpoints} == {
        "POST /attempts": 20,
        "GET /attempts/{attempt}": 20,
    }


def test_the_same_seed_makes_the_same_choices(quiz: str, scenario: Read, seen: Seen) -> None:
    text = '[data.n]\nnumbers = [0, 9999]\n[[step]]\npath = "/exams"\nparams = { n = "{n}" }\n'

    def asked(seed: int) -> list[str]:
        drive(scenario(text), quiz, Step(users=1, requests=20, warm_up=0), seed=seed)
        return [request["query"] for request in seen()][:20]

    first = asked(1)
    assert asked(1) == first
    assert asked(2) != first


def test_timeouts_are_told_apart_from_errors_and_status_codes_by_name(quiz: str, scenario: Read) -> None:
    text = """
    [[step]]
    path = "/sleep"
    params = { seconds = 5 }
    [[step]]
    path = "/drip"
    [[step]]
    path = "/status/503"
    [[step]]
    path = "/status/404"
    expect = [404]
    [[step]]
    path = "/status/201"
    expect = 200
    [[step]]
    path = "/exams"
    take = { x = "nothing.here" }
    """
    driven = drive(scenario(text), quiz, Step(users=12, requests=90, warm_up=0, timeout=0.8))
    problems = {
        (failure.endpoint, failure.problem, failure.timeout)
        for failure in driven.failures
        # A machine that is very busy may make others late too.
        if not failure.timeout or failure.endpoint in ("GET /sleep", "GET /drip")
    }
    assert problems == {
        ("GET /sleep", "timeout after 0.8 s", True),
        ("GET /drip", "timeout after 0.8 s", True),
        ("GET /status/503", "status 503 where success is expected", False),
        ("GET /status/201", "status 201 where 200 is expected", False),
        ("GET /exams", "the answer holds no nothing.here", False),
    }
    by_name = {endpoint.name: endpoint for endpoint in driven.endpoints}
    for name in ("GET /sleep", "GET /drip"):
        assert by_name[name].timeouts == by_name[name].requests > 0
        assert by_name[name].errors == 0
        assert by_name[name].latency.p50 == pytest.approx(0.8, abs=0.3)
    assert by_name["GET /status/404"].errors == 0
    assert driven.timeouts == sum(failure.count for failure in driven.failures if failure.timeout)
    assert driven.timeouts + driven.errors == sum(failure.count for failure in driven.failures)


def test_an_application_that_is_gone_gives_errors_by_name(scenario: Read) -> None:
    driven = drive(scenario(_EXAMS), "http://127.0.0.1:1", Step(users=1, requests=5, warm_up=0))
    assert driven.errors == 5
    assert driven.failures[0].problem.startswith("ConnectionRefusedError")


def test_a_generator_that_is_never_idle_makes_the_step_invalid(scenario: Read) -> None:
    # Nothing listens there: each user tries again at once, and all that takes time is the generator itself.
    driven = drive(scenario(_EXAMS), "http://127.0.0.1:1", Step(users=10, seconds=1, warm_up=0.3))
    (process,) = driven.processes
    assert process.processor + process.waited > 0.9
    assert driven.saturated
    assert "of its core: use more workers (now 1)" in driven.reason or "waited for one" in driven.reason


def _stalled(quiz: str, scenario: Scenario, step: Step) -> tuple[Driven, int]:
    urllib.request.urlopen(f"{quiz}/hiccup/again").close()
    driven = drive(scenario, quiz, step)
    return driven, sum(count for latency, count in driven.latency.buckets() if latency > 0.1)


def test_a_stall_is_seen_by_all_requests_that_were_due_in_it(quiz: str, scenario: Read) -> None:
    """Coordinated omission: one user that waits sees one slow request; at a fixed rate, all that were due are slow."""
    stalled = scenario('[[step]]\npath = "/hiccup"\nparams = { at = 0.6, seconds = 0.5 }')
    _, slow_for_one_user = _stalled(quiz, stalled, Step(users=1, seconds=1.2, warm_up=0.2))
    assert 1 <= slow_for_one_user <= 15
    driven, slow = _stalled(quiz, stalled, Step(rate=100, seconds=1.2, warm_up=0.2))
    # Of 50 requests due in the half second, 40 waited for more than 0.1 s.
    assert slow >= 30
    assert driven.requests == pytest.approx(120, abs=2)


def test_a_rate_beyond_the_application_is_told_and_counted_with_all_its_waiting(quiz: str, scenario: Read) -> None:
    slow = scenario('[[step]]\npath = "/sleep"\nparams = { seconds = 0.1 }')
    driven = drive(slow, quiz, Step(rate=100, users=5, seconds=1, warm_up=0.2))
    assert driven.requests == pytest.approx(100, abs=2)
    assert driven.answers < 60
    assert 38 <= driven.backlog.last <= 90
    assert driven.backlog.highest >= driven.backlog.last
    assert 0.3 < driven.backlog.oldest < 0.9
    assert driven.latency.max > 0.9
    assert any("did not keep up with 100/s" in note for note in driven.notes)
    assert driven.step == Step(rate=100, users=5, seconds=1, warm_up=0.2)


def test_a_value_without_what_is_used_of_it_ends_the_load(quiz: str, scenario: Read) -> None:
    text = '[[before]]\npath = "/exams"\ntake = { exam = "*.id" }\n[[step]]\npath = "/exams/{exam.number}"\n'
    with pytest.raises(ScenarioError, match="uses number of a value that has none"):
        drive(scenario(text), quiz, Step(users=1, requests=20, warm_up=0))


def test_what_is_no_http_is_an_error_by_name(quiz: str, scenario: Read) -> None:
    text = '[[step]]\npath = "/exams"\nheaders = { X = "a\\nb" }\n'
    driven = drive(scenario(text), quiz, Step(users=1, requests=5, warm_up=0))
    assert driven.errors == 5
    assert driven.failures[0].problem.startswith("ValueError: invalid value for header field 'X'")


def test_a_list_with_nothing_in_it_is_told(quiz: str, scenario: Read) -> None:
    text = '[[before]]\npath = "/exams/3"\ntake = { x = "*.id" }\n' + _EXAMS + '[[step]]\npath = "/exams/{x}"\n'
    driven = drive(scenario(text), quiz, Step(users=1, requests=20, warm_up=0))
    assert {endpoint.name: endpoint.requests for endpoint in driven.endpoints}["GET /exams/{x}"] == 0
    assert "GET /exams/{x} was not sent: no answer held anything for x" in driven.notes


def test_nothing_that_can_be_sent_ends_the_load(quiz: str, scenario: Read) -> None:
    text = '[[before]]\npath = "/exams/3"\ntake = { x = "*.id" }\n[[step]]\npath = "/exams/{x}"\n'
    with pytest.raises(ScenarioError, match="nothing was taken for x"):
        drive(scenario(text), quiz, Step(users=1, requests=20, warm_up=0))
