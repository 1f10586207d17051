"""A page is a story in a project of its own: its blocks are written or run, one after the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml
from docs_blocks import PROJECT, Block

from greenshift.config import load_config
from greenshift.postgres import Server, ServerSettings, open_server

SECONDS = 120.0

# What only shows something: output, a change, a file of somebody else's.
SHOWN = {"text", "diff", "mermaid", ""}

_EXPORT = re.compile(r"export (\w+)=(\S+)")
_COMMAND = re.compile(r"\$ (.*)")
_IGNORED = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".git", ".venv", "*.pyc")


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what it should print."""

    text: str
    expected: str


class Story:
    """The project of one page; leaving it ends what it started.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "project"
        self._folder.mkdir(exist_ok=True)
        self._state = folder / "state"
        self._server: Server | None = None
        self._variables = {"GREENSHIFT_STATE_DIRECTORY": str(self._state)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()
        if self._state.exists():
            subprocess.run([sys.executable, "-m", "greenshift", "down"], env=self._environment(), capture_output=True)

    def tell(self, block: Block) -> None:
        """Write or run one block.

        Raises:
            AssertionError: it did not do what the page says.
        """
        if block.project:
            self._begin(block)
        if block.server:
            self._serve(block.server)
        if before := block.directives.get("before"):
            self._run(block, Command(before, ""), 0)
        if "shown" in block.directives or (block.language in SHOWN and not block.file):
            return
        if name := block.directives.get("inside"):
            self._run_inside(block, name)
        elif name := block.directives.get("into"):
            self._put_into(block, name)
        elif block.file or "append" in block.directives:
            self._write(block)
        elif block.language == "console":
            self._run_commands(block)
        elif block.language in {"bash", "sh"}:
            self._run(block, Command(f"set -e\n{block.text}", ""), int(block.directives.get("exit", 0)))
        elif block.language == "python":
            self._run_program(block)
        elif block.language == "toml":
            self._check_settings(block)
        elif block.language == "json":
            json.loads(block.text)
        elif block.language in {"yaml", "yml"}:
            assert yaml.safe_load(block.text) is not None, block.place
        else:
            raise AssertionError(f"{block.place}: nothing is known about running {block.language!r}")

    def _begin(self, block: Block) -> None:
        named = block.project
        source = PROJECT / named if "/" in named else Path(__file__).parent / "projects" / named
        assert source.is_dir(), f"{block.place}: there is no project {named}"
        for path in self._folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(source, self._folder, ignore=_IGNORED, dirs_exist_ok=True)

    def _serve(self, wanted: str) -> None:
        database, *settings = wanted.split()
        chosen = dict(setting.split("=", 1) for setting in settings)
        self._server = open_server(ServerSettings(listen="tcp", provider="embedded", settings=chosen))
        with self._server.connect() as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        self._variables["DATABASE_URL"] = self._server.url(database)

    def _write(self, block: Block) -> None:
        path = self._folder / (block.file or block.directives["append"])
        assert path.resolve().is_relative_to(self._folder.resolve()), f"{block.place}: {path} is outside of the project"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if block.file else "a", encoding="utf-8") as file:
            file.write(block.text)

    def _put_into(self, block: Block, name: str) -> str:
        """Put the block where the file says ``# here``, as deep as that stands, and return what was there before."""
        path = self._folder / name
        around = re.compile(r"^( *)(?:\.\.\.  )?# here$", re.MULTILINE)
        source = path.read_text(encoding="utf-8")
        assert len(around.findall(source)) == 1, f"{block.place}: {name} has no single line '# here'"
        text = around.sub(lambda found: textwrap.indent(block.text.rstrip(), found[1]), source)
        path.write_text(text, encoding="utf-8")
        return source

    def _run_inside(self, block: Block, name: str) -> None:
        source = self._put_into(block, name)
        program = f"pytest -q {name}" if Path(name).name.startswith("test_") else f"python {name}"
        try:
            self._run(block, Command(program, ""), 0)
        finally:
            (self._folder / name).write_text(source, encoding="utf-8")

    def _run_program(self, block: Block) -> None:
        path = self._folder / "block_of_the_page.py"
        path.write_text(block.text, encoding="utf-8")
        try:
            self._run(block, Command(f"python {path.name}", ""), int(block.directives.get("exit", 0)))
        finally:
            path.unlink()

    def _run_commands(self, block: Block) -> None:
        commands = list(commands_of(block))
        assert commands, f"{block.place}: no line begins with '$ '"
        codes = [int(code) for code in block.directives.get("exit", "0").split()]
        if len(codes) != len(commands):
            codes = [0] * (len(commands) - 1) + codes[-1:]
        for command, code in zip(commands, codes, strict=True):
            if export := _EXPORT.fullmatch(command.text):
                self._variables[export[1]] = export[2]
            else:
                self._run(block, command, code)

    def _run(self, block: Block, command: Command, code: int) -> None:
        ran = subprocess.run(
            ["bash", "-c", command.text],
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=float(block.directives.get("timeout", SECONDS)),
        )
        said = f"{block.place}: $ {command.text}\nexit code {ran.returncode}, and it printed:\n{ran.stdout}"
        assert ran.returncode == code, f"{said}\nexpected exit code {code}"
        assert matches(command.expected, ran.stdout), f"{said}\nthe page says:\n{command.expected}"

    def _environment(self) -> dict[str, str]:
        programs = [str(self._folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        modules = [str(self._folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        hidden = ("PYTEST_", "COV_", "GREENSHIFT_", "DATABASE_URL", "PG")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(hidden)},
            "PATH": os.pathsep.join(programs),
            "PYTHONPATH": os.pathsep.join(part for part in modules if part),
            "COLUMNS": "120",
            "NO_COLOR": "1",
            **self._variables,
        }

    def _check_settings(self, block: Block) -> None:
        """Read a table of settings as a project's own, beside none of the story's files."""
        folder = self._folder / "settings-of-the-page"
        folder.mkdir()
        try:
            (folder / "pyproject.toml").write_text(block.text, encoding="utf-8")
            assert "[tool.greenshift" in block.text, (
                f"{block.place}: these are no settings of Greenshift; give it a title"
            )
            load_config(folder)
        finally:
            shutil.rmtree(folder)


def commands_of(block: Block) -> list[Command]:
    """Return the commands of a console block, each with the output that the page shows below it."""
    commands = list[Command]()
    text, expected = "", list[str]()
    for line in block.text.splitlines():
        if found := _COMMAND.fullmatch(line):
            if text:
                commands.append(Command(text, "\n".join(expected)))
            text, expected = found[1], []
        elif text.endswith("\\") and not expected:
            text += "\n" + line
        else:
            assert text, f"{block.place}: output before the first command"
            expected.append(line)
    return [*commands, Command(text, "\n".join(expected))] if text else commands


def matches(expected: str, printed: str) -> bool:
    """Return whether the output is as the page shows it; ``...`` stands for anything, a line of it for any lines."""
    wanted = [line.rstrip() for line in expected.strip("\n").splitlines()]
    if not any(wanted):
        return True
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(re.escape("..."), ".*?") + r"\s*?\n"
        for line in wanted
    )
    text = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines()) + "\n"
    return re.fullmatch(pattern, text) is not None
