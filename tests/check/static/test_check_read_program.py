"""A program as a whole: files that do not parse, files that are left out, what is told of the rest."""

from __future__ import annotations

import ast

import pytest

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.facts import Value
from greenshift.check.static import plain_files, read_program
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.objects import Frame
from greenshift.report.findings import Severity

ENGINE = "from sqlalchemy import create_engine\nengine = create_engine('a://')\n"


@pytest.mark.parametrize("text", ['print "x"\n', "def f(:\n    pass\n", "x = '\0'\n"])
@pytest.mark.parametrize("mention", ["", "# sqlalchemy\n"])
def test_a_file_that_does_not_parse_is_a_finding_and_no_end(text: str, mention: str) -> None:
    program, (finding,) = read_program({"old.py": mention + text, "db.py": ENGINE})
    assert (finding.rule, finding.place.file, finding.subject) == ("GS001", "old.py", "old.py")
    assert finding.place.line == 1 + mention.count("\n")
    assert [engine.name for engine in program.engines] == ["engine"]


@pytest.mark.parametrize("text", ["type X = int\n", "# engine\ntype X = int\n"], ids=["plain", "relevant"])
def test_newer_python_is_no_finding(text: str) -> None:
    _, findings = read_program({"new.py": text})
    assert not findings


def test_only_files_that_have_to_do_with_it_are_told() -> None:
    program, _ = read_program({"db.py": ENGINE, "plain.py": "x = 1\n", "tests/test_db.py": "import sqlalchemy\n"})
    assert [(file.path, file.is_test) for file in program.files] == [("db.py", False), ("tests/test_db.py", True)]


def test_plain_files_are_not_parsed_again() -> None:
    files = {"db.py": ENGINE, "plain.py": "x = 1\n", "broken.py": "x = (\n", "notes.txt": ""}
    _, findings = read_program(files)
    assert plain_files(files, findings) == {"plain.py"}
    # Had it been parsed, it would be found.
    _, again = read_program({**files, "plain.py": "x = (\n"}, plain={"plain.py"})
    assert [finding.place.file for finding in again] == ["broken.py"]


def test_a_plain_file_is_read_where_a_name_leads_to_it() -> None:
    files = {"db.py": ENGINE.replace("'a://'", "config.URL") + "import config\n", "config.py": "URL = 'a://'\n"}
    program, _ = read_program(files, plain={"config.py"})
    assert program.engines[0].url.known == "a://"


def test_the_services_name_is_everywhere() -> None:
    source = ENGINE + "from sqlalchemy.orm import sessionmaker\nS = sessionmaker(engine)\n"
    program, _ = read_program({"db.py": source}, CheckConfiguration(), name="auth")
    assert {program.name, program.engines[0].service, program.session_factories[0].service} == {"auth"}


def test_nothing() -> None:
    program, findings = read_program({})
    assert (list(program.engines), list(program.session_factories), findings) == ([], [], [])


@pytest.mark.parametrize(
    ("path", "text", "severity"),
    [
        ("{{cookiecutter.name}}/db.py", "import {}\n", Severity.ADVICE),
        ("template/db.py", "import {{ name }}\n", Severity.ADVICE),
        ("template/db.py", "x = (\n{% if name %}\n)\n{% endif %}\n", Severity.ADVICE),
        ("app/db.py", "PAGE = '<p>{{ name }}</p>'\nx = (\n", Severity.ERROR),
    ],
)
def test_a_template_that_makes_python_is_no_fault(path: str, text: str, severity: Severity) -> None:
    _, (finding,) = read_program({path: text})
    assert (finding.rule, finding.severity) == ("GS001", severity)


def test_a_function_that_is_too_much_to_follow_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = 0
    evaluate = Evaluator.evaluate

    def counted(self: Evaluator, node: ast.expr, frame: Frame) -> Value:
        nonlocal evaluated
        evaluated += 1
        return evaluate(self, node, frame)

    monkeypatch.setattr(Evaluator, "evaluate", counted)
    branches = "\n".join(f"    a{number} = pick(name + 'x{number}')" for number in range(4))
    pick = f"def pick(name):\n{branches}\n    return a0 or a1 or a2 or a3\n"
    calls = [f"made{number} = pick('{number}')(URL)\n" for number in range(60)]
    reads = []
    for count in (2, 60):
        evaluated = 0
        program, _ = read_program({"db.py": ENGINE + pick + "".join(calls[:count])})
        assert [engine.name for engine in program.engines] == ["engine"]
        reads.append(evaluated)
    assert reads[0] > 1_000
    assert reads[1] < 1.5 * reads[0]
