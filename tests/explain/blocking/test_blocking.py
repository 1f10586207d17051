"""What blocks the event loop is reported with its line; what does not block it is not."""

from __future__ import annotations

import asyncio
import inspect
import linecache
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import guilty_programs
import innocent_programs
import pytest
from surroundings import Surroundings, web_server

from greenshift import trace
from greenshift.errors import ConfigurationError
from greenshift.explain import Explanation, explain
from greenshift.explain.blocking import BlockingCallError, BlockingWatch
from greenshift.explain.editing import apply

Program = Callable[[Surroundings], Coroutine[Any, Any, None]]


def programs(module: Any) -> list[Any]:
    return [
        pytest.param(program, id=name)
        for name, program in vars(module).items()
        if inspect.iscoroutinefunction(program) and program.__module__ == module.__name__
    ]


# The programs are an application's, as seen from here: no folder ``tests`` lies between.
PROJECT = Path(guilty_programs.__file__).parent
GUILTY = programs(guilty_programs)
INNOCENT = programs(innocent_programs)


@pytest.fixture(scope="session")
def http_url() -> Iterator[str]:
    with web_server() as url:
        yield url


@pytest.fixture
def around(request: pytest.FixtureRequest, tmp_path: Path, http_url: str) -> Surroundings:
    (tmp_path / "note.txt").write_text("a note")
    program = request.node.callspec.params.get("program") if hasattr(request.node, "callspec") else None
    needs = program is not None and "_url" in inspect.getsource(program).replace("http_url", "")
    url = request.getfixturevalue("fresh_url")("psycopg") if needs else ""
    return Surroundings(tmp_path, http_url, url)


def watched(program: Program, around: Surroundings, **options: Any) -> list[Explanation]:
    found: list[Explanation] = []
    watch = BlockingWatch(**{"mode": "warn", "report": found.append, "root": PROJECT, **options})

    async def main() -> None:
        with watch:
            await program(around)

    asyncio.run(main())
    return found


def marked() -> dict[int, str]:
    lines = Path(guilty_programs.__file__).read_text().splitlines()
    return {number: found[1] for number, line in enumerate(lines, 1) if (found := re.search(r"# blocks: (.+)$", line))}


def expected(program: Program) -> dict[int, str]:
    """The marked lines of a program and of the functions of its module that it calls."""
    code = [program, *(getattr(guilty_programs, name, None) for name in program.__code__.co_names)]
    ranges = []
    for one in code:
        if inspect.isfunction(one) and one.__module__ == guilty_programs.__name__:
            source, first = inspect.getsourcelines(one)
            ranges.append(range(first, first + len(source)))
    return {line: name for line, name in marked().items() if any(line in lines for lines in ranges)}


@pytest.mark.parametrize("program", GUILTY)
def test_a_guilty_program_is_reported_with_its_line(program: Program, around: Surroundings) -> None:
    wanted = expected(program)
    assert wanted
    found = watched(program, around)
    assert {one.where[0].line for one in found} == set(wanted), found
    for one in found:
        first = one.where[0]
        name = wanted[first.line]
        assert first.file == guilty_programs.__file__
        assert first.role == "called here"
        assert first.code == linecache.getline(first.file, first.line).strip()
        if name == "sync engine":
            assert one.kind == "sync engine in a running loop"
            assert "create_async_engine" in one.fix
        else:
            assert one.kind == "blocking call in the event loop"
            assert f"`{name}`" in one.headline
        assert one.fix


def test_every_line_is_asked_for_by_a_program() -> None:
    assert {line for case in GUILTY for line in expected(case.values[0])} == set(marked())
    assert len(GUILTY) >= 10
    assert len(INNOCENT) >= 15


@pytest.mark.parametrize("program", INNOCENT)
def test_an_innocent_program_is_not_reported(program: Program, around: Surroundings) -> None:
    assert watched(program, around, mode="error") == []


def test_the_async_function_is_named_too(around: Surroundings) -> None:
    [found] = watched(guilty_programs.sleeps_in_a_function_that_it_calls, around)
    assert [place.role for place in found.where] == ["called here", "in the event loop here"]
    assert found.where[1].code == "_pause()"
    assert "await asyncio.sleep" in found.fix
    assert "to_thread(_pause, ...)" in found.fix


def test_a_sleep_is_mended_by_its_edits(tmp_path: Path) -> None:
    path = tmp_path / "sleeper.py"
    path.write_text("import time\n\n\nasync def sleeper(_):\n    time.sleep(0.001)\n    return 1\n")
    namespace: dict[str, Any] = {}

    def found() -> list[Explanation]:
        linecache.checkcache()
        exec(compile(path.read_text(), str(path), "exec"), namespace)
        return watched(namespace["sleeper"], Surroundings(tmp_path))

    [explanation] = found()
    apply(explanation.edits)
    assert path.read_text() == (
        "import asyncio\nimport time\n\n\nasync def sleeper(_):\n    await asyncio.sleep(0.001)\n    return 1\n"
    )
    assert found() == []


def test_in_mode_error_the_call_raises_instead_of_blocking(around: Surroundings) -> None:
    found: list[Explanation] = []
    with pytest.raises(BlockingCallError, match=r"time\.sleep") as raised:
        watched(guilty_programs.sleeps, around, mode="error", report=found.append)
    assert found == [raised.value.explanation]
    assert explain(raised.value) == found[0]


def test_in_mode_error_nothing_was_written(around: Surroundings) -> None:
    with pytest.raises(BlockingCallError):
        watched(guilty_programs.writes_a_file, around, mode="error")
    assert around.note.read_text() == "a note"


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        BlockingWatch(mode="off", report=print)  # type: ignore[arg-type]


@pytest.mark.parametrize("pattern", ["guilty_programs.py", "guilty_*.py", "../blocking", guilty_programs.__file__])
def test_a_path_is_ignored(pattern: str, around: Surroundings) -> None:
    assert watched(guilty_programs.sleeps, around, ignored_paths=[pattern]) == []


def test_another_path_is_not_ignored(around: Surroundings) -> None:
    assert watched(guilty_programs.sleeps, around, ignored_paths=["guilty", "block"])


def test_the_tests_own_code_may_block(around: Surroundings) -> None:
    async def sleeps(_: Surroundings) -> None:
        time.sleep(0.001)

    assert watched(sleeps, around, mode="error") == []


def test_what_lies_in_the_projects_tests_may_block(around: Surroundings) -> None:
    project = PROJECT.parents[2]
    assert PROJECT.relative_to(project).parts[0] == "tests"
    assert watched(guilty_programs.sleeps, around, mode="error", root=project) == []


def test_a_watch_that_ended_leaves_everything_as_it_was(around: Surroundings) -> None:
    sleep, stat = time.sleep, Path.read_text
    found: list[Explanation] = []
    with BlockingWatch(mode="error", report=found.append) as watch:
        assert time.sleep is not sleep
        watch.start()
    watch.close()
    assert (time.sleep, Path.read_text) == (sleep, stat)
    assert not trace.active()
    asyncio.run(guilty_programs.sleeps(around))
    assert found == []


def test_two_watches_each_see_a_call_and_end_in_any_order(around: Surroundings) -> None:
    first: list[Explanation] = []
    second: list[Explanation] = []
    one, other = (BlockingWatch(mode="warn", report=found.append, root=PROJECT) for found in (first, second))
    one.start()
    other.start()
    asyncio.run(guilty_programs.sleeps(around))
    one.close()
    asyncio.run(guilty_programs.sleeps(around))
    other.close()
    assert (len(first), len(second)) == (1, 2)


def test_only_the_statements_that_it_judges(around: Surroundings, fresh_url: Callable[[str], str]) -> None:
    around.database_url = fresh_url("psycopg")
    assert watched(guilty_programs.uses_a_sync_engine, around, judges=lambda _: False) == []


def test_a_report_that_fails_breaks_nothing(around: Surroundings, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Explanation) -> None:
        raise ValueError("a defect")

    watched(guilty_programs.sleeps, around, report=fail)
    assert "could not be judged" in caplog.text


def test_without_blockbuster_it_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "blockbuster.py").write_text("raise ImportError('not installed')")
    program = """
        import asyncio, time
        from greenshift.explain.blocking import BlockingWatch

        async def main():
            for _ in range(2):
                with BlockingWatch(mode="error", report=print):
                    time.sleep(0.001)
        asyncio.run(main())
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr.count("pip install 'greenshift[blocking]'") == 1


def test_explain_does_not_import_blockbuster_or_jinja2() -> None:
    code = "import sys, greenshift.explain.blocking; print({'blockbuster', 'jinja2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
