"""``greenshift explain``, run as users run it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("greenshift")
Result = subprocess.CompletedProcess[bytes]
Explain = Callable[..., Result]

LIBRARY = "/opt/app/.venv/lib/python3.12/site-packages/sqlalchemy"
LAZY = f"""Traceback (most recent call last):
  File "/srv/shop/service.py", line 12, in owner_of
    return account.owner.name
           ^^^^^^^^^^^^^
  File "{LIBRARY}/orm/attributes.py", line 566, in __get__
    return self.impl.get(state, dict_)
  File "{LIBRARY}/orm/attributes.py", line 1086, in get
    value = self._fire_loader_callables(state, key, passive)
  File "{LIBRARY}/orm/strategies.py", line 978, in _load_for_state
    return self._emit_lazyload(
  File "{LIBRARY}/util/_concurrency_py3k.py", line 123, in await_only
    raise exc.MissingGreenlet(
sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in \
an unexpected place? (Background on this error at: https://sqlalche.me/e/20/xd2s)
"""
UNIQUE = f"""Traceback (most recent call last):
  File "/srv/shop/signup.py", line 30, in register
    await session.commit()
  File "{LIBRARY}/engine/default.py", line 952, in do_execute
    cursor.execute(statement, parameters)
sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) duplicate key value violates unique constraint "mail"
DETAIL:  Key (mail)=(ada@example.org) already exists.
[SQL: INSERT INTO person (mail) VALUES (%(mail)s::VARCHAR)]
[parameters: {{'mail': 'ada@example.org'}}]
(Background on this error at: https://sqlalche.me/e/20/gkpj)
"""
OTHER = """Traceback (most recent call last):
  File "/srv/shop/prices.py", line 3, in price
    return 1 / 0
ZeroDivisionError: division by zero
"""


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    def run(*arguments: str, given: bytes | str = b"") -> Result:
        return subprocess.run(
            [COMMAND, "explain", *arguments],
            input=given.encode() if isinstance(given, str) else given,
            env={**os.environ, "COLUMNS": "80", "TERM": "dumb"},
            capture_output=True,
            cwd=tmp_path,
            timeout=120,
        )

    return run


def test_a_log_on_standard_input(explain: Explain) -> None:
    result = explain(given=f"INFO:     started\nERROR:    Exception in ASGI application\n{LAZY}INFO:     next\n")

    output = result.stdout.decode()
    assert result.returncode == 0
    assert output.startswith("lazy relationship: ")
    assert "/srv/shop/service.py:12 in owner_of  <- read here" in output
    assert "selectinload" in output
    assert "not known" in output
    assert "\x1b" not in output
    assert result.stderr == b""


def test_files_and_standard_input_together(explain: Explain, tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text(LAZY)
    (tmp_path / "worker.log").write_text(UNIQUE)

    result = explain("web.log", "worker.log", "-", given=LAZY)

    output = result.stdout.decode()
    assert result.returncode == 0
    assert output.count("lazy relationship: ") == 1
    assert "(seen 2 times)" in output
    assert "unique violation: " in output


def test_json_is_a_list_of_explanations(explain: Explain) -> None:
    result = explain("--json", given=UNIQUE + LAZY + UNIQUE)

    unique, lazy = json.loads(result.stdout)
    assert list(unique) == ["kind", "headline", "because", "where", "fix", "edits", "unknown", "count"]
    assert (unique["kind"], unique["count"]) == ("unique violation", 2)
    assert (lazy["kind"], lazy["count"]) == ("lazy relationship", 1)
    assert lazy["where"][0] == {
        "file": "/srv/shop/service.py",
        "line": 12,
        "role": "read here",
        "function": "owner_of",
        "code": "return account.owner.name",
    }


def test_nothing_to_explain_is_exit_code_1(explain: Explain) -> None:
    nothing = explain(given="INFO: all is well\n")
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    assert b"no traceback" in nothing.stderr
    empty = explain("--json", given="")
    assert (empty.returncode, json.loads(empty.stdout)) == (1, [])
    unknown = explain(given=OTHER)
    assert (unknown.returncode, unknown.stdout) == (1, b"")
    assert b"ZeroDivisionError: division by zero  at /srv/shop/prices.py:3" in unknown.stderr


def test_what_is_not_explained_is_named_beside_what_is(explain: Explain) -> None:
    result = explain(given=LAZY + "\n" + OTHER)

    assert result.returncode == 0
    assert b"lazy relationship" in result.stdout
    assert b"ZeroDivisionError" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing.log", None, "missing.log cannot be read: No such file"),
        (".", None, ". cannot be read: Is a directory"),
        ("core", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0" * 100, "core is no text"),
    ],
)
def test_wrong_use_is_two_lines_and_exit_code_2(
    explain: Explain, tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    result = explain(name)

    assert (result.returncode, result.stdout) == (2, b"")
    lines = result.stderr.decode().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "fix"]
    assert problem in lines[0]


def test_a_terminal_as_standard_input_is_told_what_to_do(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    try:
        result = subprocess.run([COMMAND, "explain"], stdin=end, capture_output=True, cwd=tmp_path, timeout=60)
    finally:
        os.close(terminal)
        os.close(end)

    assert result.returncode == 2
    assert b"docker logs web 2>&1 | greenshift explain" in result.stderr


def test_on_a_terminal_sentences_are_wrapped_between_words(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text(LAZY)
    terminal, end = pty.openpty()
    try:
        environment = {**os.environ, "COLUMNS": "70", "TERM": "xterm"}
        subprocess.run([COMMAND, "explain", "web.log"], stdout=end, env=environment, cwd=tmp_path, timeout=60)
        output = os.read(terminal, 65536).decode()
    finally:
        os.close(terminal)
        os.close(end)

    assert "\x1b[" in output
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    because = next(index for index, line in enumerate(lines) if line.startswith("  because"))
    assert len(lines[because]) <= 70
    assert lines[because + 1].startswith(" " * 13)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_texts_as_windows_writes_them(explain: Explain, encoding: str) -> None:
    assert explain(given=LAZY.replace("\n", "\r\n").encode(encoding)).returncode == 0


def test_bytes_that_are_no_utf_8_are_passed_over(explain: Explain) -> None:
    result = explain(given=b"caf\xe9 \xff\xfe\n" + LAZY.encode() + b"\xc3")

    assert result.returncode == 0
    assert b"Traceback" not in result.stderr


def test_a_huge_log(explain: Explain, tmp_path: Path) -> None:
    path = tmp_path / "huge.log"
    line = "2026-01-31 10:00:00,123 INFO app.web GET /items/1 200 in 12 ms\n"
    with path.open("w") as file:
        file.write(line * 400_000)
        file.write(UNIQUE)
        file.write(line * 400_000)
    assert path.stat().st_size > 50_000_000

    result = explain(str(path))

    assert result.returncode == 0
    assert b"unique violation" in result.stdout


def test_passwords_are_not_repeated(explain: Explain) -> None:
    secret = LAZY.replace("account.owner.name", 'make("postgresql://app:s3cret@db/shop").owner')

    for arguments in ([], ["--json"]):
        result = explain(*arguments, given=secret + OTHER.replace("by zero", "postgresql://app:s3cret@db/x"))
        assert b"app:***@db" in result.stdout
        assert b"s3cret" not in result.stdout + result.stderr


def test_edits_as_a_patch(explain: Explain, tmp_path: Path) -> None:
    source = tmp_path / "shop.py"
    source.write_text("async def save(session):\n    session.add(1)\n    session.commit()\n    return 1\n")
    log = f"{source}:3: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited\n  session.commit()\n"

    result = explain("--diff", given=log)

    assert result.returncode == 0
    assert "-    session.commit()\n+    await session.commit()\n" in result.stdout.decode()
    assert "coroutine not awaited" in result.stderr.decode()
    patched = subprocess.run(["patch", "-p0", "-d", "/"], input=result.stdout, capture_output=True)
    assert patched.returncode == 0, patched.stdout
    assert "    await session.commit()\n" in source.read_text()


def test_files_of_another_machine_give_no_patch(explain: Explain) -> None:
    result = explain("--diff", given=LAZY)

    assert (result.returncode, result.stdout) == (0, b"")
    assert b"lazy relationship" in result.stderr


def test_json_and_diff_exclude_each_other(explain: Explain) -> None:
    assert explain("--json", "--diff", given=LAZY).returncode == 2


def test_the_help_says_the_exit_codes(explain: Explain) -> None:
    text = " ".join(explain("--help").stdout.decode().split())
    assert "Exit codes: 0 an error was explained; 1 none was" in text
    assert "docker logs web" in text
