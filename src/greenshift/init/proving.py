"""Runs one test in the project's own Python, and says of a failure what it means."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from greenshift.init.findings import Findings
from greenshift.init.proof_text import proof_text
from greenshift.masking import mask

SECONDS: Final = 180
_HIDDEN: Final = ("PYTEST_", "COV_CORE_", "GREENSHIFT_")
_NAMES: Final = {
    "test_the_tables_are_there": "the tables are there",
    "test_the_application_commits_to_the_test_database": "the application's own engine commits to the test's database",
    "test_the_application_answers": "the application answers",
}
_PLACE: Final = re.compile(r"^(?P<file>[^\s:]+\.py):(?P<line>\d+): ", re.MULTILINE)
_RAISED: Final = re.compile(r"^E\s+(?P<text>[\w.]*(?:Error|Exception|Exit|Missing|Refused)\b.*)", re.MULTILINE)
_ANY: Final = re.compile(r"^E\s+(?P<text>\S.*)", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """A part of the proof that failed.

    Attributes:
        part: what was to be proved.
        reason: what happened, in one line.
        place: the last line of the project's that had a part in it.
        fix: what to do.
    """

    part: str
    reason: str
    place: str
    fix: str


@dataclass
class Proof:
    """What the run gave.

    Attributes:
        passed: what is proved.
        failures: what is not.
        python: the Python that ran it.
    """

    python: Path
    passed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def prove(root: Path, program: Path, found: Findings, *, written: str | None) -> Proof:
    """Run the proof.

    Args:
        root: the project's folder.
        program: the Python that runs its tests.
        found: what was found.
        written: the test, if it was written to the project; None to make a temporary one.
    """
    proof = Proof(program)
    reason = _cannot_run(program)
    if reason is not None:
        proof.failures.append(
            Failure("a run of pytest", reason, "", f"{program} -m pip install 'greenshift[http]', or give --python")
        )
        return proof
    with _test(root, found, written) as test:
        _run(root, program, test, proof)
        if proof.failures and any("conftest" in one.place or not proof.passed for one in proof.failures):
            _compare_without_conftest(root, program, test, proof)
    return proof


def _compare_without_conftest(root: Path, program: Path, test: str, proof: Proof) -> None:
    """Where it works without the project's own fixtures, these are what stands in the way."""
    if not any((root / one).is_file() for one in ("conftest.py", f"{Path(test).parent.as_posix()}/conftest.py")):
        return
    bare = Proof(program)
    _run(root, program, test, bare, "--noconftest")
    if not bare.failures:
        proof.failures = [
            Failure(
                one.part,
                one.reason,
                one.place,
                "without your conftest.py it works: the fixtures there stand in the way;"
                " `greenshift init --from conftest` rewrites those that it recognises",
            )
            for one in proof.failures
        ]


@contextlib.contextmanager
def _test(root: Path, found: Findings, written: str | None) -> Iterator[str]:
    if written is not None and (root / written).is_file():
        yield written
        return
    folder = root / found.test_folder
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"test_greenshift_init_{os.getpid()}.py"
    try:
        path.write_text(proof_text(found), encoding="utf-8")
        yield path.relative_to(root).as_posix()
    finally:
        path.unlink(missing_ok=True)
        for left in (folder / "__pycache__").glob(f"{path.stem}.*"):
            left.unlink(missing_ok=True)
        if is_new:
            with contextlib.suppress(OSError):
                (folder / "__pycache__").rmdir() if (folder / "__pycache__").is_dir() else None
                folder.rmdir()


def _cannot_run(program: Path) -> str | None:
    code = "import greenshift.testing.plugin"
    try:
        done = subprocess.run(
            [str(program), "-c", code], capture_output=True, text=True, check=False, timeout=120, cwd=program.parent
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} does not run: {error}"
    if done.returncode == 0:
        return None
    said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
    return f"greenshift cannot be imported in {program}: {said}"


def _run(root: Path, program: Path, test: str, proof: Proof, *more: str) -> None:
    with tempfile.TemporaryDirectory(prefix="greenshift-proof-") as folder:
        report = Path(folder) / "report.xml"
        command = [str(program), "-m", "pytest", test, "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        # Coverage, processes and markers of the project's own are not what is proved.
        command += ["-o", "addopts=", "--tb=short", f"--junit-xml={report}", "-o", "junit_family=xunit2", *more]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(_HIDDEN)}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            proof.failures.append(Failure("an end", f"it did not end within {SECONDS} s", "", "see what it waits for"))
            return
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if not _read(report, proof, root, test):
            proof.failures.append(_explained("a run of pytest", output, root, test))


def _read(report: Path, proof: Proof, root: Path, test: str) -> bool:
    """Read what pytest reports; False where it could not run a test."""
    if not report.is_file():
        return False
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - written by the run itself
    failed: dict[str, Failure] = {}
    passed: list[str] = []
    for case in cases:
        name = (case.get("name") or "").partition("[")[0]
        part = _NAMES.get(name, name or "the collection")
        faults = [*case.findall("error"), *case.findall("failure")]
        if faults:
            text = "\n".join(f"{one.get('message') or ''}\n{one.text or ''}" for one in faults)
            failed.setdefault(part, _explained(part, text, root, test))
        elif case.find("skipped") is None:
            passed.append(part)
    proof.passed += [one for one in passed if one not in failed]
    proof.failures += failed.values()
    return bool(cases)


def _explained(part: str, output: str, root: Path, test: str) -> Failure:
    """What a failure means, in one line, and what to do."""
    output = mask(output)
    places = [one for one in _PLACE.finditer(output) if _is_own(root, one["file"])]
    own = [one for one in places if one["file"] != test]
    place = f"{own[-1]['file']}:{own[-1]['line']}" if own else ""
    fix = next((line.partition("fix:")[2].strip() for line in output.splitlines() if "fix: " in line), "")
    raised = _RAISED.findall(output) or _ANY.findall(output)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(ERROR|error)\b|UsageError", line)]
    reason = (raised or errors or lines or ["pytest said nothing"])[-1 if raised else 0]
    reason = re.sub(r"^(?:E\s+|error: )", "", reason)[:300]
    if re.search(r"validation errors? for", reason):
        fields = re.findall(
            r"^(?:E\s+)?([A-Za-z_][\w.]*)\n(?:E\s+)+(?=Field required|Input should|Value error)", output, re.MULTILINE
        )
        reason += f" ({', '.join(dict.fromkeys(fields))})" if fields else ""
    return Failure(part, reason, place, fix or _advice(reason, output))


def _is_own(root: Path, file: str) -> bool:
    path = root / file
    return path.is_file() and path.resolve().is_relative_to(root.resolve()) and "site-packages" not in path.parts


def _advice(reason: str, output: str) -> str:
    for pattern, advice in _ADVICE:
        found = re.search(pattern, reason) or re.search(pattern, output)
        if found:
            return advice.format(*found.groups())
    return "run it again with the test written (--with-test), and see the traceback"


_ADVICE: Final = (
    (r"is not installed, run `([^`]+)`", "{0}, in the Python that runs the tests"),
    (r"No module named '([\w.]+)'", "install {0} into the Python that runs the tests, or name another with --python"),
    (
        r"validation errors? for (\w+)",
        "{0} has settings without a value: give them a default, or set them in conftest.py",
    ),
    (r"'([A-Z][A-Z0-9_]+)' is missing", 'set {0} in conftest.py: os.environ.setdefault("{0}", "...")'),
    (r"KeyError: '([A-Z][A-Z0-9_]+)'", 'set {0} in conftest.py: os.environ.setdefault("{0}", "...")'),
    (r"check_same_thread", "the engine has arguments that only SQLite takes: give them where the URL is SQLite's"),
    (r"async def functions are not natively supported", "pip install pytest-asyncio"),
    (r"'asyncio' not found in `markers`", "pip install pytest-asyncio"),
    (r"fixture '(\w+)' not found", "the fixture {0} is missing: is greenshift installed in that Python?"),
    (
        r"relation \"greenshift_proof\" does not exist",
        "the application's engine uses another database: see env in [tool.greenshift]",
    ),
    (r"greenshift_proof", "the application's engine uses another database: see env in [tool.greenshift]"),
    (
        r"Connection refused|could not translate host name|Name or service not known",
        "something that the application connects to is not there; for its database see env in [tool.greenshift]",
    ),
)
