"""``await`` is put before the call that lacks it, in parentheses where its result is used at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.await_call import (
    await_edits,
    call_in_variable,
    call_with_attribute,
    is_handed_to,
    unawaited_calls,
    unneeded_await,
)


def in_function(path: Path, body: str, head: str = "async def f(session, q):") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    path.write_text(f"{head}\n{lines}")
    return str(path)


@pytest.mark.parametrize(
    ("before", "attribute", "after"),
    [
        ("return session.execute(q).scalars()", "scalars", "return (await session.execute(q)).scalars()"),
        ("return list(session.execute(q).all())", "all", "return list((await session.execute(q)).all())"),
        (
            "return (session.execute(q)\n        .scalars()\n        .all())",
            "scalars",
            "return ((await session.execute(q))\n        .scalars()\n        .all())",
        ),
        (
            "return session.execute(\n    q,\n).scalars()",
            "scalars",
            "return (await session.execute(\n    q,\n)).scalars()",
        ),
        ("r = session.execute(q)\nreturn r.scalars()", "scalars", "r = await session.execute(q)\nreturn r.scalars()"),
        ("r: Result = session.execute(q)\nr.all()", "all", "r: Result = await session.execute(q)\nr.all()"),
        ("if (r := session.get(q)):\n    r.name", "name", "if (r := await session.get(q)):\n    r.name"),
        ("x = find(session).name", "name", "x = (await find(session)).name"),
    ],
)
def test_the_call_whose_attribute_is_read(tmp_path: Path, before: str, attribute: str, after: str) -> None:
    path = tmp_path / "app.py"
    file = in_function(path, before)
    line = max(number for number, text in enumerate(path.read_text().splitlines(), 1) if f".{attribute}" in text)
    found = call_with_attribute(file, line, attribute)
    assert found is not None
    apply(await_edits(found))
    expected = in_function(tmp_path / "after.py", after)
    assert path.read_text() == Path(expected).read_text()
    compile(path.read_text(), file, "exec")


def test_the_last_assignment_before_the_line_counts(tmp_path: Path) -> None:
    file = in_function(tmp_path / "app.py", "r = await first()\nr = second()\nr.x\nr = third()")
    found = call_in_variable(file, 4, "r")
    assert found is not None
    assert found.name == "second"
    file = in_function(tmp_path / "b.py", "r = second()\nr = await first()\nr.x")
    assert call_in_variable(file, 4, "r") is None


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("def f(session):", "session.commit()"),
        ("async def f(session):", "return lambda: session.commit()"),
        ("async def f(session):", "return sum(session.commit() for _ in session)"),
        ("async def f(session):", "class A:\n    x = session.commit()"),
        ("async def f(session, x=session.commit()):", "pass"),
        ("class A:", "x = session.commit()"),
    ],
)
def test_nothing_is_awaited_where_nothing_can_be(tmp_path: Path, head: str, body: str) -> None:
    path = tmp_path / "app.py"
    file = in_function(path, body, head)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "commit" in text)
    [found] = [one for one in unawaited_calls(file, line) if one.name == "commit"]
    assert await_edits(found) == ()


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("for x in session.scalars(q): pass", "for x in await session.scalars(q): pass"),
        ("[x for x in session.scalars(q)]", "[x for x in await session.scalars(q)]"),
        ("any(x for x in session.scalars(q))", "any(x for x in await session.scalars(q))"),
        ("session.scalars(q)[0]", "(await session.scalars(q))[0]"),
        ("return -session.scalars(q) + 1", "return -await session.scalars(q) + 1"),
        ("print(f'{session.scalars(q)}')", "print(f'{await session.scalars(q)}')"),
    ],
)
def test_the_calls_of_a_line(tmp_path: Path, body: str, after: str) -> None:
    path = tmp_path / "app.py"
    file = in_function(path, body)
    [found] = [one for one in unawaited_calls(file, 2) if one.name == "scalars"]
    apply(await_edits(found))
    assert path.read_text().splitlines()[1].strip() == after
    compile(path.read_text(), file, "exec")


def test_awaited_calls_are_not_found(tmp_path: Path) -> None:
    file = in_function(tmp_path / "app.py", "x = (await session.execute(q)).scalars()")
    assert [one.name for one in unawaited_calls(file, 2)] == ["scalars"]
    assert call_with_attribute(file, 2, "scalars") is None


def test_arguments_of_gather_are_known(tmp_path: Path) -> None:
    file = in_function(tmp_path / "app.py", "await asyncio.gather(session.commit(), other(session.flush()))")
    by_name = {one.name: is_handed_to(one, {"gather"}) for one in unawaited_calls(file, 2)}
    assert by_name == {"commit": True, "other": True, "flush": False}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("await session.add(q)", "session.add(q)"),
        ("x = await  session.add(q)", "x = session.add(q)"),
        ("x = (await session.add(q))", None),
        ("await session.add(q); await session.add(q)", None),
        ("await session.commit()", None),
    ],
)
def test_an_await_is_removed(tmp_path: Path, before: str, after: str | None) -> None:
    path = tmp_path / "app.py"
    found = unneeded_await(in_function(path, before), 2, lambda name: name == "add")
    if after is None:
        assert found is None or found[1] == ()
    else:
        assert found is not None
        apply(found[1])
        assert path.read_text().splitlines()[1].strip() == after
