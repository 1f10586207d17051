"""The contract as a user has it: a class in a test suite, and the command."""

from __future__ import annotations

import json

import pytest
from contract.suite_project import MODELS, PYPROJECT, command, project

__all__ = ["project"]

SUITE = """
from greenshift.contract import Behaviour, ModelContract
from models import Base, Post, User

class Shouts(Behaviour):
    name = "shouts"
    title = "be loud"

    def applies(self, model, rows):
        return model.name == "Post"

    async def run(self, scene, subject):
        made = await scene.make({"title": "LOUD"})
        if (await scene.must_read(made.key))["title"] != "QUIET":
            raise scene.fail("it is not quiet", "be quiet")

class TestModels(ModelContract):
    base = Base
    build = {User.email: lambda number: f"{number}@here.com"}
    leave_out = {"cascade[User.posts]": "nobody deletes users", "concurrent": "too slow"}
    behaviours = [Shouts]

class TestPsycopg(ModelContract):
    base = Base
    driver = "psycopg"
    build = TestModels.build

class TestWithoutHelp(ModelContract):
    base = Base
    models = [User]
"""


def test_ids_results_and_reasons(project: pytest.Pytester) -> None:
    project.makepyfile(test_models=SUITE)
    wanted = "TestModels and (create or cascade or concurrent or shouts) or TestWithoutHelp and (create or read)"
    wanted += " or TestPsycopg and link"
    ran = project.runpytest_subprocess("-v", "-rs", "-k", wanted, timeout=120)
    # One own behaviour that fails, and two tests of a model whose rows cannot be made.
    ran.assert_outcomes(passed=4, failed=3, skipped=3)
    ran.stdout.fnmatch_lines_random(
        [
            "*TestModels::test_contract?create-User? PASSED*",
            "*TestModels::test_contract?create-Post? PASSED*",
            "*TestModels::test_contract?shouts-Post? FAILED*",
            "*be loud: Post: (sync and async) it is not quiet",
            "*SKIPPED*left out: nobody deletes users",
            "*SKIPPED*left out: too slow",
            "*cannot be generated: the database took none of 8 rows made for User:*user_email_check*",
            "*fix: say what it takes: build = {User.*",
        ]
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("leave_out = {'create[Usr]': 'x'}", "leave_out names 'create[Usr]'"),
        ("models = ['Usr']", "there is no model Usr"),
        ("build = {'User.mail': 1}", "build names User.mail"),
        ("base = None", "the class names no models"),
    ],
)
def test_wrong_use_is_one_line(project: pytest.Pytester, line: str, said: str) -> None:
    suite = "from greenshift.contract import ModelContract\nfrom models import Base\n"
    project.makepyfile(test_models=f"{suite}class TestModels(ModelContract):\n    base = Base\n    {line}\n")
    ran = project.runpytest_subprocess(timeout=60)
    assert ran.ret not in (0, 1)
    output = ran.stdout.str() + ran.stderr.str()
    assert said in output
    assert "  fix: " in output


def test_tables_are_made_where_nothing_is_configured(project: pytest.Pytester) -> None:
    project.makefile(".toml", pyproject=PYPROJECT.format(metadata=""))
    project.makepyfile(test_models=SUITE)
    project.runpytest_subprocess("-k", "TestModels and (read or nulls)", timeout=60).assert_outcomes(passed=2)


def test_the_command(project: pytest.Pytester) -> None:
    project.makepyfile(
        models=MODELS.replace("CheckConstraint(\"reverse(email) LIKE 'moc.%'\"), ", "").replace(
            ', cascade="all, delete-orphan"', ""
        )
    )
    ran = command(project, "models:Base", "--model", "User", "--leave-out", "concurrent=slow", "--json")
    assert ran.returncode == 1, ran.stderr
    tests = {test["id"]: test for test in json.loads(ran.stdout)["tests"]}
    assert [name for name, test in tests.items() if test["outcome"] == "failed"] == ["cascade-User.posts"]
    assert "sets Post.user_id to null" in tests["cascade-User.posts"]["message"]
    assert tests["concurrent-User"] == {
        "id": "concurrent-User",
        "outcome": "skipped",
        "message": "left out: slow",
        "notes": [],
    }
    assert any("selectinload(User.posts)" in note for note in tests["relationship-User.posts"]["notes"])
    assert {path.name for path in project.path.iterdir()} <= {"models.py", "pyproject.toml", "__pycache__"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["models"], "not of the form module:name"),
        (["nowhere:Base"], "nowhere"),
        (["models:Bas"], "Bas"),
        (["models:String"], "error: String is no declarative base"),
        (["models:Base", "--leave-out", "create"], "gives no reason"),
        (["models:Base", "--model", "Usr"], "there is no model Usr"),
    ],
)
def test_the_command_used_wrongly(project: pytest.Pytester, arguments: list[str], said: str) -> None:
    ran = command(project, *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 2
    assert ran.stdout == ""
