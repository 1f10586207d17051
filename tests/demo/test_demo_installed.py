"""The demo from an installed wheel: the application comes with it, and the checkout is out of reach."""

from __future__ import annotations

import json
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from demo.demo_runs import PROJECT, run_demo

pytestmark = pytest.mark.long

SOURCE = str(PROJECT / "src")
MARK = "# Only the installed example says this.\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment: the wheel, and from this one all but Greenshift."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    venv.create(folder / "venv", symlinks=True)
    packages = next((folder / "venv").glob("lib/python*/site-packages"))
    # A path in a .pth is searched, but the .pth files in it are not read: those that lead to the checkout.
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    wheel = next(folder.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(packages)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    marked = packages / "greenshift/demo/exams/api/errors.py"
    marked.write_text(MARK + marked.read_text())
    return folder / "venv/bin/python"


def test_it_runs_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    where = [str(installed), "-c", "import greenshift, sys; print(greenshift.__file__, *sys.path, sep='\\n')"]
    paths = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert str(installed.parents[1]) in paths.splitlines()[0]
    assert SOURCE not in paths
    arguments = ("--quick", "--step", "tests", "--step", "explain", "--step", "check", "--folder", "demo", "--json")
    done = run_demo(*arguments, cwd=tmp_path, python=str(installed), PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    steps = {one["step"]: one for one in json.loads(done.stdout)["steps"]}
    assert list(steps) == ["server", "tests", "check", "shift", "explain"]
    assert {one["state"] for one in steps.values()} == {"done"}
    assert (tmp_path / "demo/exams/api/errors.py").read_text().startswith(MARK)
    assert SOURCE not in done.stderr
    assert SOURCE not in (tmp_path / "demo/report.html").read_text()
