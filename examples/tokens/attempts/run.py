"""Run the tests with the conftest of one of the five attempts, without Greenshift.

    DATABASE_URL=postgresql+asyncpg://... python attempts/run.py 3 [more of pytest's arguments]

The database must be one to throw away: its tables are dropped and created again.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ATTEMPTS = Path(__file__).parent
EXAMPLE = ATTEMPTS.parent
# The modules that ask for no more than the attempts offer: one session, one client.
MODULES = ["known.py", "conftest.py", "test_api.py", "test_lazy_loading.py", "test_token_service.py"]


def lay_out(attempt: Path, folder: Path) -> None:
    """Fill a folder with the tests under an attempt's conftest and pytest.ini."""
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(attempt / name, folder / name)
    (folder / "tests").mkdir()
    for name in MODULES:
        shutil.copy(EXAMPLE / "tests" / name, folder / "tests" / name)


def main(number: str, *arguments: str) -> int:
    """Run one attempt and return pytest's exit code."""
    (attempt,) = ATTEMPTS.glob(f"{number}_*")
    url = os.environ["DATABASE_URL"]
    with tempfile.TemporaryDirectory() as folder:
        lay_out(attempt, Path(folder))
        environment = {**os.environ, "TEST_DATABASE_URL": url, "PYTHONPATH": str(EXAMPLE)}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:greenshift",
            "-p",
            "no:cacheprovider",
            *arguments,
        ]
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2 or "DATABASE_URL" not in os.environ:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
