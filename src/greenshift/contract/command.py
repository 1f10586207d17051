"""The work of ``greenshift contract``: pytest on a module made for the run, and what it found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from greenshift.config import Config, load_config
from greenshift.contract.drivers import ASYNC_DRIVERS, chosen_driver
from greenshift.contract.errors import ContractError
from greenshift.masking import mask, masked

CONTRACT_EXIT_CODES: Final = (
    "Exit codes: 0 every behaviour of every model is as it should be; 1 some are not, or could not be tried; "
    "2 wrong use, or a failure, of which one line says what happened and one what to do."
)
FOUND: Final = 1
# Tests that fail in the same way and are named; of further ones the number is said.
_SHOWN: Final = 6
_KEPT_KEYS: Final = ("driver", "server", "listen", "data", "isolation", "url")

# A line that says what was raised, by pytest or at the end of a traceback.
_ERROR: Final = re.compile(r"E  |(?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt)(?::|$)")

# What pytest and the suite put before a problem.
_PREFIXES: Final = ("ERROR:", "E ", "pytest.UsageError:", "UsageError:", "greenshift:", "TestModels:")

_MODULE: Final = """
import importlib

from greenshift.contract import ModelContract

_found = importlib.import_module({module!r})
for _part in {attribute!r}.split("."):
    _found = getattr(_found, _part)


class TestModels(ModelContract):
    base = _found
    models = {models!r}
    leave_out = {leave_out!r}
    driver = {driver!r}
"""


def contract_command(
    base: Annotated[
        str, typer.Argument(help="What the models are mapped with, for example app.models:Base.", metavar="MODULE:NAME")
    ],
    model: Annotated[
        list[str] | None, typer.Option(help="Try only this model; may be repeated.", metavar="NAME")
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="Leave out tests, and say why; may be repeated.", metavar="BEHAVIOUR[MODEL]=REASON"),
    ] = None,
    driver: Annotated[
        str | None,
        typer.Option(
            help=f"Of the async flavour: {' or '.join(ASYNC_DRIVERS)}; otherwise the driver that pyproject.toml names.",
            metavar="DRIVER",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try what every model must be able to do, sync and async, on a real PostgreSQL; nothing is written to the project.

    In a test suite: class TestModels(greenshift.contract.ModelContract): base = Base
    """
    module, _, attribute = base.partition(":")
    if not module or not attribute:
        raise ContractError(f"{base!r} is not of the form module:name", "write it as app.models:Base")
    if driver is not None:
        chosen_driver(driver)
    reasons = dict(_reason(text) for text in leave_out or [])
    config = load_config(Path.cwd())
    with tempfile.TemporaryDirectory(prefix="greenshift-contract-") as folder:
        place = Path(folder)
        text = _MODULE.format(
            module=module, attribute=attribute, models=model or None, leave_out=reasons, driver=driver
        )
        (place / "test_models.py").write_text(text, encoding="utf-8")
        (place / "pyproject.toml").write_text(_settings(base, config), encoding="utf-8")
        ended = _run_pytest(place)
        report = place / "report.json"
        if ended.returncode not in (0, 1) or not report.is_file():
            raise ContractError(*_why(ended.stdout + ended.stderr))
        tests = json.loads(report.read_text(encoding="utf-8"))
    bad = [test for test in tests if test["outcome"] == "failed"]
    print(json.dumps(masked({"tests": tests}), indent=2) if as_json else mask(_text(tests)))
    if bad:
        raise typer.Exit(FOUND)


def _reason(text: str) -> tuple[str, str]:
    name, _, reason = text.partition("=")
    if not name or not reason.strip():
        raise ContractError(f"--leave-out {text!r} gives no reason", 'write --leave-out "cascade[User]=why"')
    return name.strip(), reason.strip()


def _settings(base: str, config: Config) -> str:
    """Return the settings of the run: the project's server, and the models' own tables in place of migrations."""
    lines = ["[tool.greenshift]", f"metadata = {json.dumps(base)}"]
    for key in _KEPT_KEYS:
        value = getattr(config, key)
        if value is not None and not (key == "driver" and value == "sqlite"):
            lines.append(f"{key} = {json.dumps(value)}")
    lines.append(f"extensions = {json.dumps(list(config.extensions))}")
    if config.env:
        lines += ["[tool.greenshift.env]"]
        lines += [f"{name} = {json.dumps(form or config.driver)}" for name, form in config.env.items()]
    if config.settings:
        lines += ["[tool.greenshift.settings]"]
        lines += [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in config.settings.items()]
    return "\n".join([*lines, "[tool.pytest.ini_options]", 'addopts = ""', ""])


def _run_pytest(place: Path) -> subprocess.CompletedProcess[str]:
    paths = [str(Path.cwd()), str(Path.cwd() / "src"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTEST_ADDOPTS": ""}
    environment["GREENSHIFT_CONTRACT_REPORT"] = str(place / "report.json")
    # The last takes most of a second to import, where it is installed, and has nothing to do with models.
    plugins = ["no:cacheprovider", "no:randomly", "no:xdist", "greenshift.contract.recording", "no:schemathesis"]
    chosen = [part for plugin in plugins for part in ("-p", plugin)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=native", *chosen, "--rootdir", str(place), str(place)],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _why(output: str) -> tuple[str, str]:
    """Return the problem and the fix that pytest printed instead of a result."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for place, line in enumerate(lines):
        if line.startswith("fix: ") and place:
            problem = lines[place - 1]
            for prefix in _PREFIXES:
                problem = problem.removeprefix(prefix).lstrip()
            return problem, line.removeprefix("fix: ")
    errors = [line.removeprefix("E ").strip() for line in output.splitlines() if _ERROR.match(line)]
    said = errors[-1] if errors else (lines[-1] if lines else "pytest printed nothing")
    return f"the models could not be tried: {said}", "import them by hand, and see that they can be mapped"


def _grouped(tests: Sequence[dict[str, Any]]) -> list[tuple[list[str], str]]:
    """Return which tests failed and what is said of them, once for all: one fault may fail every test of a model."""
    found: dict[str, tuple[list[str], str]] = {}
    for test in tests:
        if test["outcome"] != "passed":
            _, _, place = test["id"].partition("-")
            title, _, said = test["message"].partition(f": {place}: ")
            said = said or title
            # Values that were made differ from test to test.
            ids, _ = found.setdefault(re.sub(r"\d+", "0", said), ([], said))
            ids.append(test["id"])
    return list(found.values())


def _text(tests: Sequence[dict[str, Any]]) -> str:
    lines = []
    for ids, said in _grouped(tests):
        more = [f"and {len(ids) - _SHOWN} more"] if len(ids) > _SHOWN else []
        lines += [", ".join([*ids[:_SHOWN], *more]), *(f"  {line}" for line in said.splitlines()), ""]
    notes = sorted({note for test in tests for note in test["notes"]})
    if notes:
        lines += ["Notes:", *(f"  {note}" for note in notes), ""]
    count = {outcome: sum(test["outcome"] == outcome for test in tests) for outcome in ("passed", "failed", "skipped")}
    said = f"{count['passed']} behaved, {count['failed']} did not or could not be tried"
    return "\n".join([*lines, said + (f", {count['skipped']} left out" if count["skipped"] else "")])
