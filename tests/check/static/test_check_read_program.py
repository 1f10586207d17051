"""A program as a whole: files that do not parse, files that are left out, what is told of the rest."""

from __future__ import annotations

import pytest

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.static import plain_files, read_program

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
