"""Scenarios from OpenAPI documents: what is sent, what is skipped, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, UploadFile
from fastapi import Path as PathParameter
from fastapi.responses import StreamingResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, Field

from greenshift.load.errors import ScenarioError
from greenshift.load.scenario import (
    Flow,
    Login,
    Request,
    Scenario,
    read_scenario,
    scenario_as_toml,
    scenario_from_openapi,
)


class Exam(BaseModel):
    id: int
    title: str


class Exams(BaseModel):
    items: list[Exam]
    total: int


class NewExam(BaseModel):
    title: str = Field(min_length=3)
    minutes: int = Field(gt=0, le=90)


class Answer(BaseModel):
    exam_id: int
    text: str = Field(examples=["forty-two {not a placeholder}"])


_login = OAuth2PasswordBearer(tokenUrl="token")
app = FastAPI(title="exams")


@app.get("/exams/")
def exams() -> Exams: ...  # type: ignore[empty-body]


@app.post("/exams/")
def add(exam: NewExam) -> Exam: ...  # type: ignore[empty-body]


@app.get("/exams/{exam_id}")
def exam(exam_id: int) -> Exam: ...  # type: ignore[empty-body]


@app.put("/exams/{exam_id}")
def change(exam_id: int) -> Exam: ...  # type: ignore[empty-body]


@app.get("/exams/{exam_id}/questions")
def questions(exam_id: int) -> list[Exam]: ...  # type: ignore[empty-body]


@app.get("/exams/{exam_id}/questions/{question_id}")
def question(exam_id: int, question_id: int) -> Exam: ...  # type: ignore[empty-body]


@app.post("/answers")
def answer(answer: Answer) -> Answer: ...  # type: ignore[empty-body]


@app.get("/years/{year}")
def year(year: Annotated[int, PathParameter(openapi_examples={"a": {"value": 2024}})]) -> None: ...


@app.get("/secrets/{code}")
def secret(code: str) -> None: ...


@app.get("/statistics/{exam_id}")
def statistics(exam_id: int) -> None: ...


@app.get("/search")
def search(q: str, limit: int = 10) -> None: ...


@app.get("/me")
def me(token: Annotated[str, Depends(_login)]) -> Exam: ...  # type: ignore[empty-body]


@app.post("/token")
def token() -> None: ...


@app.post("/logout")
def logout() -> None: ...


@app.post("/files")
def upload(file: UploadFile) -> None: ...


@app.get("/old")
def old(authorization: Annotated[str, Header()]) -> None: ...


@app.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
def events() -> None: ...


def _scenario(login: Login | None = None) -> Scenario:
    return scenario_from_openapi(app.openapi(), login=login)


def _task(name: str, scenario: Scenario | None = None) -> Any:
    return next(task for task in (scenario or _scenario()).tasks if task.name == name)


def test_a_path_parameter_is_taken_from_the_list() -> None:
    scenario = _scenario()
    assert [(one.name, one.take) for one in scenario.before] == [("GET /exams/", {"exam_id": "items.*.id"})]
    assert _task("GET /exams/{exam_id}").path == "/exams/{exam_id}"


def test_a_list_within_a_thing_is_asked_in_a_flow() -> None:
    flow = _task("GET /exams/{exam_id}/questions/{question_id}")
    assert isinstance(flow, Flow)
    listing, one = flow.steps
    assert (listing.path, listing.take) == ("/exams/{exam_id}/questions", {"question_id": "*.id"})
    assert one.path == "/exams/{exam_id}/questions/{question_id}"


def test_a_path_parameter_may_be_taken_from_a_list_elsewhere() -> None:
    assert _task("GET /statistics/{exam_id}").path == "/statistics/{exam_id}"


def test_a_path_parameter_has_its_example() -> None:
    assert _task("GET /years/{year}").path == "/years/2024"


def test_a_body_is_made_from_its_schema() -> None:
    request = _task("POST /exams/")
    assert request.json == {"title": "title {unique}", "minutes": 1}
    assert request.made


def test_a_body_has_the_schemas_examples_and_ids_of_lists() -> None:
    request = _task("POST /answers")
    assert request.json == {"exam_id": "{exam_id}", "text": "forty-two {{not a placeholder}}"}
    assert not request.made


def test_only_what_is_required_is_in_the_query() -> None:
    assert set(_task("GET /search").params) == {"q"}


def test_reads_are_more_frequent_than_writes() -> None:
    assert _task("GET /exams/").weight == 5 * _task("POST /exams/").weight


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("PUT /exams/{exam_id}", "only GET and POST"),
        ("GET /secrets/{code}", "no example of code, and no list to take one from"),
        ("GET /me", "needs a login"),
        ("POST /token", "is the login itself"),
        ("POST /logout", "would end the login"),
        ("POST /files", "multipart/form-data"),
        ("GET /old", "needs the header Authorization"),
        ("GET /events", "streams events"),
    ],
)
def test_what_is_skipped_has_a_reason(name: str, reason: str) -> None:
    skipped = {one.name: one.reason for one in _scenario().skipped}
    assert reason in skipped[name]
    assert name not in [task.name for task in _scenario().tasks]


def test_nothing_is_lost() -> None:
    scenario = _scenario()
    operations = {f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item}
    assert {task.name for task in scenario.tasks} | {one.name for one in scenario.skipped} == operations


def test_a_login_is_suggested_and_with_one_what_needs_it_is_sent() -> None:
    suggested = _scenario().suggested_login
    assert suggested is not None
    assert (suggested.request.path, suggested.token) == ("/token", "access_token")
    with_login = _scenario(Login(Request("POST", "/token", "POST /token"), "access_token"))
    assert _task("GET /me", with_login).path == "/me"


def test_what_is_printed_is_read_as_the_same(tmp_path: Path) -> None:
    scenario = _scenario()
    (tmp_path / "s.toml").write_text(scenario_as_toml(scenario), encoding="utf-8")
    again = read_scenario(tmp_path / "s.toml")
    assert {one.name: one.path for one in again.requests} == {one.name: one.path for one in scenario.requests}
    assert [one.json for one in again.requests if one.json] == [one.json for one in scenario.requests if one.json]
    assert again.before == scenario.before


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(app.openapi()), encoding="utf-8")
    assert scenario_from_openapi(tmp_path / "openapi.json") == _scenario()


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{", "is not JSON"), ("[]", "is no OpenAPI 3 document"), ('{"swagger": "2.0"}', "is no OpenAPI 3 document")],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "openapi.json").write_text(content, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        scenario_from_openapi(tmp_path / "openapi.json")
    assert problem in caught.value.problem


def test_what_cannot_be_reached_is_told_without_its_password() -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_from_openapi("http://user:hidden@127.0.0.1:1/openapi.json")
    assert "cannot be read" in caught.value.problem
    assert "hidden" not in str(caught.value)


def test_a_document_with_nothing_to_send_is_refused_with_the_reasons() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "x"},
        "paths": {"/a": {"delete": {}}, "/b/{c}": {"get": {}}},
    }
    with pytest.raises(ScenarioError) as caught:
        scenario_from_openapi(document)
    assert "DELETE /a: only GET and POST" in caught.value.problem
    assert "GET /b/{c}: no example of c" in caught.value.problem


def test_a_list_whose_answer_is_not_described_is_tried() -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "x"},
        "paths": {
            "/things": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {}}}}}}},
            "/things/{id}": {"get": {"responses": {"200": {"description": "one"}}}},
        },
    }
    scenario = scenario_from_openapi(document)
    assert scenario.before[0].take == {"thing_id": "*.id"}
    assert scenario.requests[1].path == "/things/{thing_id}"


def test_two_lists_of_the_same_things_have_names_of_their_own() -> None:
    answer = {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/x/thing"}}}}}}
    one = {"get": {"responses": {"200": {"description": "one"}}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "x"},
        "x": {"thing": {"properties": {"id": {"type": "integer"}}}},
        "paths": {
            "/things": {"get": {"responses": answer}},
            "/things/{id}": one,
            "/mine/things": {"get": {"responses": answer}},
            "/mine/things/{id}": one,
        },
    }
    scenario = scenario_from_openapi(document)
    assert [request.take for request in scenario.before] == [{"thing_id": "*.id"}, {"mine_things_id": "*.id"}]
    assert scenario.requests[-1].path == "/mine/things/{mine_things_id}"
