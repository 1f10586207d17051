"""Scenario files: what they say, and what is refused, with the file, the key and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.load.errors import ScenarioError
from greenshift.load.scenario import Data, Flow, Request, read_scenario

_WHOLE = """
name = "exams"

[login]
path = "/token"
form = { username = "{account.email}", password = "{account.password}" }
token = "data.token"
header = "X-Token: {token}"

[headers]
X-Client = "load"

[data.account]
file = "accounts.csv"
pick = "user"

[data.word]
values = ["a", "b"]

[data.number]
numbers = [1, 500]
pick = "next"

[[before]]
path = "/exams"
take = { exam = "items.*.id" }

[[step]]
path = "/exams/{exam}?full=1"
weight = 5
params = { q = "{word}", page = 2 }
expect = [200, 404]

[[step]]
name = "answer"
method = "post"
path = "/answers"
json = { exam = "{exam}", number = "{number}", text = "{{literal}}", list = [1, true] }
expect = 201

[[flow]]
name = "take an exam"
weight = 2

[[flow.step]]
method = "POST"
path = "/attempts"
take = { attempt = "id" }

[[flow.step]]
path = "/attempts/{attempt}"
"""


def _read(folder: Path, text: str) -> object:
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return read_scenario(folder / "scenario.toml")


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("email,password\na@x,one\nb@x,two\n", encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(_WHOLE, encoding="utf-8")
    scenario = read_scenario(tmp_path / "scenario.toml")

    assert scenario.name == "exams"
    assert scenario.login is not None
    assert scenario.login.request.method == "POST"
    assert (scenario.login.token, scenario.login.header, scenario.login.value) == ("data.token", "X-Token", "{token}")
    assert scenario.headers == {"X-Client": "load"}
    accounts = ({"email": "a@x", "password": "one"}, {"email": "b@x", "password": "two"})
    assert scenario.data["account"] == Data(values=accounts, pick="user")
    assert scenario.data["word"] == Data(values=("a", "b"))
    assert scenario.data["number"] == Data(numbers=(1, 500), pick="next")
    assert [request.name for request in scenario.before] == ["GET /exams"]
    first, second, flow = scenario.tasks
    assert isinstance(first, Request)
    assert (first.name, first.weight, first.expect) == ("GET /exams/{exam}", 5, (200, 404))
    assert first.params == {"q": "{word}", "page": 2}
    assert isinstance(second, Request)
    assert (second.name, second.method, second.expect) == ("answer", "POST", (201,))
    assert isinstance(flow, Flow)
    assert [step.name for step in flow.steps] == ["POST /attempts", "GET /attempts/{attempt}"]
    assert [request.name for request in scenario.requests][-1] == "GET /attempts/{attempt}"


def test_the_name_is_the_files_own_unless_it_says_another(tmp_path: Path) -> None:
    assert read_scenario(_written(tmp_path, '[[step]]\npath = "/"')).name == "scenario"


def test_data_from_json(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text('["a", {"b": 1}]', encoding="utf-8")
    path = _written(tmp_path, '[data.word]\nfile = "words.json"\n[[step]]\npath = "/"')
    assert read_scenario(path).data["word"].values == ("a", {"b": 1})


def test_openapi_needs_no_step(tmp_path: Path) -> None:
    assert read_scenario(_written(tmp_path, "openapi = true")).openapi == "/openapi.json"
    assert read_scenario(_written(tmp_path, 'openapi = "/api/v1/openapi.json"')).openapi == "/api/v1/openapi.json"


_STEP = '[[step]]\npath = "/"\n'


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("", "step is missing", "[[step]]"),
        ("steps = 1\n" + _STEP, "steps is no key of a scenario", "did you mean step?"),
        ('[[step]]\npath = "/"\nweigth = 3', "step[1].weigth is no key of a step", "did you mean weight?"),
        (_STEP + '[[step]]\npath = "/"\nweight = 0', "step[2].weight is 0", "above 0"),
        ('[[step]]\npath = "/"\nweight = "5"', "step[1].weight is a text where a number", "weight = 1"),
        ('[[step]]\nmethod = "GET"', "step[1].path is missing", 'path = "..."'),
        ('[[step]]\npath = "exams"', "step[1].path is 'exams'", 'path = "/exams"'),
        ('[[step]]\npath = "/"\nmethod = "PSOT"', "step[1].method is PSOT", "did you mean POST?"),
        ('[[step]]\npath = "/"\nexpect = "200"', "step[1].expect is no status code", "expect = 201"),
        ('[[step]]\npath = "/"\nexpect = true', "step[1].expect is no status code", "expect = 201"),
        ('[[step]]\npath = "/"\njson = { a = 1 }\nform = { a = 1 }', "step[1].form stands beside json", "one body"),
        ('[[step]]\npath = "/"\nparams = "q=1"', "step[1].params is a text where a table", "{ name = value }"),
        ('[step]\npath = "/"', "step is a table where a list of tables", "[[step]]"),
        ('[[step]]\npath = "/{exma}"\n[data.exam]\nvalues = [1]', "step[1].path uses {exma}", "did you mean exam?"),
        ('[[step]]\npath = "/{a.b}"\n[data.a]\nvalues = [1]', "a value of data.a has no columns", "write {a}"),
        ('[[step]]\npath = "/{a.mial}"\n[data.a]\nvalues = [{mail = 1}]', "a value has no mial", "did you mean mail?"),
        ('[[step]]\npath = "/{"', "step[1].path has a lone {", "{{ for a brace"),
        ('[[step]]\npath = "/"\ntake = { unique = "id" }', "take.unique has a name that is taken", "another name"),
        ("[data.user]\nvalues = [1]\n" + _STEP, "data.user has a name that is taken", "the user's number"),
        ("[data.word]\nvalues = []\n" + _STEP, "data.word.values is no list", "values = "),
        ("[data.word]\n" + _STEP, "data.word says no values", "one of values, numbers and file"),
        ("[data.word]\nvalues = [1]\nnumbers = [1, 2]\n" + _STEP, "says values and numbers", "one of"),
        ("[data.word]\nnumbers = [5, 1]\n" + _STEP, "ends before it begins", "numbers = [1, 5]"),
        ("[data.word]\nnumbers = [5]\n" + _STEP, "is no first and last number", "numbers = [1, 500]"),
        ('[data.word]\nvalues = [1]\npick = "nxt"\n' + _STEP, "data.word.pick is 'nxt'", "did you mean next?"),
        ('[data.word]\nfile = "none.csv"\n' + _STEP, "none.csv cannot be read: No such file", "beside the scenario"),
        ('[data.word]\nfile = "none.txt"\n' + _STEP, "none.txt is neither a .csv nor a .json file", "CSV or JSON"),
        ('[login]\npath = "/t"\ntoken = "a"\nheader = "X: y"\n' + _STEP, "login.header has no {token}", "Bearer"),
        ('[login]\npath = "/t"\nformm = { a = "b" }\n' + _STEP, "login.formm is no key of a login", "mean form?"),
        ("openapi = 3", "openapi is neither true nor a path", "openapi = true"),
        ('[[flow]]\nname = "a"', "flow[1].step is missing", "[[flow.step]]"),
        (
            '[[flow]]\n[[flow.step]]\npath = "/{later}"\n[[flow.step]]\npath = "/"\ntake = { later = "id" }',
            "flow[1].step[1].path uses {later}",
            "there is",
        ),
        ("[[step]\n", "is not TOML", "correct the file"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_two_lines(tmp_path: Path, text: str, problem: str, fix: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        _read(tmp_path, text)
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert str(tmp_path) in caught.value.problem
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "email,password\nx\n", "row 2 has not as many cells"),
        ("a.csv", "email\n", "holds no list of values"),
        ("a.json", '{"a": 1}', "holds no list of values"),
        ("a.json", "[1,", "is not what its name says"),
    ],
)
def test_a_broken_data_file_is_refused(tmp_path: Path, name: str, content: str, problem: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(_written(tmp_path, f'[data.a]\nfile = "{name}"\n{_STEP}'))
    assert problem in caught.value.problem


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        read_scenario(tmp_path / "none.toml")


def _written(folder: Path, text: str) -> Path:
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return folder / "scenario.toml"
