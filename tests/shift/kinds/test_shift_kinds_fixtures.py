"""Which fixture a parameter means, in an application of several parts with fixtures of the same names."""

from __future__ import annotations

from greenshift.shift.kinds import Kinds, infer
from greenshift.shift.project import Function, project_of

FIXTURE = "import pytest\n\n\n@pytest.fixture\ndef db{0}:\n    return 1\n"
TEST = "def test_it(db):\n    assert db\n"


def meant(texts: dict[str, str], file: str, name: str = "test_it") -> str | None:
    kinds = infer(project_of(texts))
    requester = next(one for one in kinds.project.by_file[file].functions if one.name == name)
    found = kinds.fixtures.fixture("db", requester)
    return None if found is None else found.module.file


def test_the_nearest_conftest_above_a_test_is_meant() -> None:
    texts = {
        f"{part}/tests/{folder}conftest.py": FIXTURE.format("()") for part in ("one", "two") for folder in ("", "api/")
    }
    texts |= {"one/tests/api/test_a.py": TEST, "two/tests/test_b.py": TEST, "two/tests/other/test_c.py": TEST}
    assert meant(texts, "one/tests/api/test_a.py") == "one/tests/api/conftest.py"
    assert meant(texts, "two/tests/test_b.py") == "two/tests/conftest.py"
    assert meant(texts, "two/tests/other/test_c.py") == "two/tests/conftest.py"


def test_a_fixture_that_asks_for_its_own_name_gets_the_one_above() -> None:
    texts = {"tests/conftest.py": FIXTURE.format("()"), "tests/api/conftest.py": FIXTURE.format("(db)")}
    assert meant(texts, "tests/api/conftest.py", "db") == "tests/conftest.py"


def test_what_a_test_module_defines_is_seen_elsewhere_only_if_imported() -> None:
    texts = {
        "tests/test_a.py": FIXTURE.format("()"),
        "tests/test_b.py": TEST,
        "tests/test_c.py": f"from tests.test_a import db\n\n\n{TEST}",
        "tests/test_d.py": f"from tests.test_a import *\n\n\n{TEST}",
    }
    assert meant(texts, "tests/test_b.py") is None
    assert meant(texts, "tests/test_c.py") == "tests/test_a.py"
    assert meant(texts, "tests/test_d.py") == "tests/test_a.py"


def test_without_a_conftest_above_the_last_one_is_meant() -> None:
    texts = {f"plugins/{name}/fixtures.py": FIXTURE.format("()") for name in ("one", "two")}
    assert meant(texts | {"tests/test_a.py": TEST}, "tests/test_a.py") == "plugins/two/fixtures.py"


def test_what_is_found_in_the_whole_application_is_looked_for_once() -> None:
    asked: list[Kinds] = []

    def functions(kinds: Kinds) -> list[Function]:
        asked.append(kinds)
        return kinds.project.functions

    kinds = infer(project_of({"a.py": TEST}))
    assert kinds.once(functions) is kinds.once(functions)
    assert asked == [kinds]
