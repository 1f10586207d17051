"""Whatever Python prints is read back; whatever else comes is passed over."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenshift.explain import Failure, from_exception
from greenshift.explain.text import parse, read

words = st.text("abcdefghijklmnop XYZ0123456789.,'", min_size=1, max_size=20).map(str.strip).filter(bool)
# A blank line ends a message in a log, and a line of a log begins with a time or a level: neither is among these.
messages = st.lists(words, max_size=3).map("\n".join)
names = st.sampled_from(["ValueError", "Boom", "lowercase_error", "Ünusual", "DomainError", "Timeout", "A"])
modules = st.sampled_from(["builtins", "app.errors", "sqlalchemy.exc", "tests.test_shop"])


@st.composite
def classes(draw: st.DrawFn) -> type[Exception]:
    module, name = draw(modules), draw(names)
    # Of a name in lower-case letters only the module tells that it is an exception's.
    module = "app.errors" if name == "lowercase_error" and module == "builtins" else module
    return type(name, (Exception,), {"__module__": module})


@st.composite
def errors(draw: st.DrawFn, depth: int = 0) -> BaseException:
    """An exception with a traceback, often with causes, contexts and members."""
    kind = draw(st.sampled_from(["plain", "plain", "cause", "context", "group"] if depth < 3 else ["plain"]))
    error: BaseException = draw(classes())(draw(messages))
    if kind == "group":
        members = draw(st.lists(errors(depth=depth + 1), min_size=1, max_size=3))
        error = BaseExceptionGroup(draw(words), members)
    before = draw(errors(depth=depth + 1)) if kind in ("cause", "context") else None
    return thrown(error, before, as_cause=kind == "cause", deep=draw(st.integers(0, 3)))


def thrown(error: BaseException, before: BaseException | None, *, as_cause: bool, deep: int) -> BaseException:
    def descend(levels: int) -> None:
        if levels:
            descend(levels - 1)
        elif before is None:
            raise error
        elif as_cause:
            raise error from before
        else:
            try:
                raise before
            except BaseException:
                raise error  # noqa: B904 - the context is what is wanted

    try:
        descend(deep)
    except BaseException as caught:
        return caught
    raise AssertionError


def told(failure: Failure) -> list[tuple[str, str, list[tuple[str, int, str, str]]]]:
    return [
        (
            raised.type_name,
            raised.message,
            [(frame.file, frame.line, frame.function, frame.code) for frame in raised.frames],
        )
        for raised in failure.chain
    ]


def as_it_is(text: str) -> str:
    return text


def behind_a_container(text: str) -> str:
    return "".join(f"web-1  | {line}\n" for line in text.splitlines())


def behind_a_logger(text: str) -> str:
    lines = enumerate(text.splitlines())
    return "".join(f"2026-01-31 10:00:{n % 60:02d},{n:03d} ERROR app.web [{4000 + n}] {line}\n" for n, line in lines)


def in_a_log(text: str) -> str:
    return f"INFO:     started\nERROR:    Exception in ASGI application\n{text}INFO:     127.0.0.1 - 200 OK\n"


def in_json(text: str) -> str:
    return '{"event": "started"}\n' + json.dumps({"level": "error", "event": "failed", "exception": text}) + "\n"


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def quoted(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())


def from_a_runner(text: str) -> str:
    return "".join(f"2026-01-31T10:00:00.{n:07d}Z {line}\n" for n, line in enumerate(text.splitlines()))


def in_windows_colours(text: str) -> str:
    return "".join(f"\x1b[31m{line}\x1b[0m\r\n" for line in text.splitlines())


FORMS: list[Callable[[str], str]] = [
    as_it_is,
    behind_a_container,
    behind_a_logger,
    in_a_log,
    in_json,
    indented,
    quoted,
    from_a_runner,
    in_windows_colours,
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(errors(), st.sampled_from(FORMS))
def test_what_python_prints_is_read_back(error: BaseException, form: Callable[[str], str]) -> None:
    printed = "".join(traceback.format_exception(error))

    [failure] = parse(form(printed))

    assert told(failure) == told(from_exception(error))
    assert not failure.live


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(errors(), min_size=2, max_size=4))
def test_several_in_one_log_stay_apart(several: list[BaseException]) -> None:
    log = "2026-01-31 10:00:00 INFO next\n".join("".join(traceback.format_exception(error)) for error in several)

    assert [told(failure) for failure in parse(log)] == [told(from_exception(error)) for error in several]


NOISE = [
    'INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK',
    "2026-01-31 10:00:00,001 INFO app.web done",
    "app.services: done",
    "Worker: started",
    "ready",
    "",
]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(errors(), st.data())
def test_lines_of_others_between_the_frames_are_passed_over(error: BaseException, data: st.DataObject) -> None:
    printed = "".join(traceback.format_exception(error))
    lines: list[str] = []
    for line in printed.splitlines():
        if line.startswith('  File "'):
            lines += data.draw(st.lists(st.sampled_from(NOISE), max_size=2))
        lines.append(line)

    [failure] = parse("\n".join(lines))

    assert told(failure) == told(from_exception(error))


PIECES = [
    "Traceback (most recent call last):",
    '  File "/app/x.py", line 3, in f',
    "    return 1",
    "      ~~~^^^",
    "ValueError: no",
    "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called",
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
    "  + Exception Group Traceback (most recent call last):",
    "  +-+---------------- 1 ----------------",
    "    +------------------------------------",
    "  | ExceptionGroup: g (1 sub-exception)",
    "E   ValueError: no",
    "app/x.py:3: in f",
    "app/x.py:3: ValueError",
    ">   f()",
    "│ /app/x.py:3 in f │",
    "│ ❱ 3 │ f() │",
    "---> 3 f()",
    "File ~/x.py:3, in f(a)",
    "web-1  | ",
    "[SQL: SELECT 1",
    '{"exception": "Traceback\\n"}',
    "",
]


@settings(max_examples=500)
@given(
    st.one_of(
        st.text(),
        st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=30)), max_size=25).map("\n".join),
        st.lists(st.sampled_from(PIECES), max_size=10).map("  | ".join),
    )
)
def test_no_text_raises(text: str) -> None:
    for failure in parse(text):
        assert failure.chain
    for finding in read(text):
        assert finding.count >= 1


LINK = "The above exception was the direct cause of the following exception:"


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 100_000 + " http://x",
        "://a:" * 50_000,
        f"{LINK}\n" * 10_000,
        f"ValueError: x\n\n{LINK}\n\n" * 3_000 + "ValueError: y\n",
        "ValueError: x\n" + "a\n" * 100_000,
        "".join(f"{'  ' * n}+-+---------------- 1 ----------------\n{'  ' * n}  | ValueError: x\n" for n in range(600)),
    ],
    ids=["no scheme", "no host", "links", "a long chain", "a long message", "deep groups"],
)
def test_no_text_takes_long(text: str) -> None:
    """Each of these took a minute, or ended in a RecursionError."""
    begun = time.process_time()
    read(text)
    assert time.process_time() - begun < 15
