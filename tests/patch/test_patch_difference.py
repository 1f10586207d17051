"""A change set as a diff, which the tools of others take."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from patch.trees import snapshot

from greenshift.patch import Change, ChangeSet

OLD = {
    "a.py": b"1\n2\n3\n",
    "crlf.py": b"1\r\n2\r\n",
    "gone.py": b"x\n",
    "page.txt": b"1\n\x0c2\n",
    "open.txt": b"no end",
}
NEW = {
    "a.py": b"1\ntwo\n3\n",
    "crlf.py": b"1\r\ntwo\r\n",
    "new/n.py": b"n\n",
    "page.txt": b"1\n\x0ctwo\n",
    "open.txt": b"end\n",
}


def change_set(root: Path) -> ChangeSet:
    return ChangeSet(root, [Change(name, OLD.get(name), NEW.get(name)) for name in OLD.keys() | NEW.keys()])


@pytest.mark.parametrize("program", [("git", "apply"), ("patch", "-p1", "--binary", "--force")])
def test_git_and_patch_take_it(tmp_path: Path, program: tuple[str, ...]) -> None:
    for name, content in OLD.items():
        (tmp_path / name).write_bytes(content)
    text = change_set(tmp_path).difference()
    subprocess.run(program, cwd=tmp_path, input=text.encode(), check=True, capture_output=True)
    assert {name: what[1] for name, what in snapshot(tmp_path).items() if isinstance(what, tuple)} == NEW


def test_it_names_the_lines() -> None:
    text = ChangeSet(Path(), [Change("a.py", b"1\n2\n", b"1\n3\n")]).difference()
    assert text == "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"


def test_another_encoding_is_shown_as_text_and_no_text_as_binary() -> None:
    latin = b"# coding: latin-1\nx = '\xe4'\n"
    changes = [Change("a.py", latin, latin.replace(b"x", b"y")), Change("b.bin", b"\0", b"\1\0")]
    text = ChangeSet(Path(), changes).difference()
    assert "+y = 'ä'" in text
    assert text.endswith("Binary files a/b.bin and b/b.bin differ\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    changes = ChangeSet(Path(), [Change("a.py", b"1\n2\n", b"1\n3\n")])
    changes.print_difference(plain := io.StringIO())
    assert plain.getvalue() == changes.difference()
    changes.print_difference(terminal := Terminal())
    assert "\x1b[32m+3\x1b[0m\n" in terminal.getvalue()
    assert "\x1b[31m-2\x1b[0m\n" in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    changes.print_difference(colourless := Terminal())
    assert colourless.getvalue() == changes.difference()
