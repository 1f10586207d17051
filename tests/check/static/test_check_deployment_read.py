"""How a program is run, as its start files show it."""

from __future__ import annotations

import pytest
from reading_programs import program_of, shown

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.static import read_program

FILES = {
    "gunicorn.conf.py": ({"gunicorn.conf.py": "workers = 4\ntimeout = 60\npreload_app = True\n"}, "4", "60", "True"),
    "a variable in it": (
        {"gunicorn.conf.py": "import os\nworkers = int(os.getenv('WEB', '3'))\n"},
        "3 $WEB",
        None,
        None,
    ),
    "a calculation in it": (
        {"gunicorn.conf.py": "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"},
        "...",
        None,
        None,
    ),
    "other workers": (
        {"gunicorn.conf.py": "workers = 4\ntimeout = 60\nworker_class = 'uvicorn.workers.UvicornWorker'\n"},
        "4",
        None,
        None,
    ),
    "a Procfile": ({"Procfile": "web: gunicorn app:app -w 4 --timeout 30 --preload\n"}, "4", "30", "True"),
    "a Procfile with a variable": ({"Procfile": "web: gunicorn app:app --workers ${WEB:-2}\n"}, "2 $WEB", None, None),
    "a variable without default": ({"Procfile": "web: gunicorn app:app --workers $WEB\n"}, "...", None, None),
    "a Dockerfile": ({"Dockerfile": 'FROM python\nCMD ["uvicorn", "app:app", "--workers", "4"]\n'}, "4", None, None),
    "a shell's Dockerfile": ({"Dockerfile": "CMD uvicorn app:app --workers=4 --host 0.0.0.0\n"}, "4", None, None),
    "a Dockerfile on several lines": (
        {"Dockerfile": "CMD gunicorn app:app \\\n    -w4 \\\n    -k uvicorn.workers.UvicornWorker \\\n    -t 5\n"},
        "4",
        None,
        None,
    ),
    "sh -c": ({"Dockerfile": 'CMD ["sh", "-c", "alembic upgrade head && gunicorn app:app -w 2"]\n'}, "2", None, None),
    "compose": ({"docker-compose.yml": "services:\n  web:\n    command: uvicorn a:b --workers 3\n"}, "3", None, None),
    "a list of compose": (
        {"compose.yaml": 'services:\n  web:\n    command: ["uvicorn", "a:b", "--workers", "3"]\n'},
        "3",
        None,
        None,
    ),
    "two that differ": (
        {"Procfile": "web: gunicorn a:b -w 4\n", "Dockerfile": "CMD gunicorn a:b -w 2\n"},
        "2 | 4",
        None,
        None,
    ),
    "nothing about it": ({"Dockerfile": "CMD python -w 4\n", "Procfile": "worker: celery -A a\n"}, None, None, None),
}


@pytest.mark.parametrize(("files", "workers", "timeout", "preloads"), FILES.values(), ids=FILES.keys())
def test_what_start_files_show(
    files: dict[str, str], workers: str | None, timeout: str | None, preloads: str | None
) -> None:
    deployment = program_of(files).deployment
    found = (shown(deployment.workers), shown(deployment.request_timeout), shown(deployment.preloads))
    assert found == (workers, timeout, preloads)


def test_the_place_of_a_number() -> None:
    deployment = program_of(
        {"Dockerfile": "FROM python\nRUN pip install . \\\n  x\nCMD gunicorn a:b -w 4\n"}
    ).deployment
    assert deployment.workers is not None
    assert str(deployment.workers.place) == "Dockerfile:4:1"


def test_the_configuration_counts_first() -> None:
    program, _ = read_program({"Procfile": "web: gunicorn a:b -w 4\n"}, CheckConfiguration(workers=2, instances=3))
    assert program.deployment.workers is not None
    assert program.deployment.workers.known == 2
    assert program.deployment.instances is not None
    assert program.deployment.instances.known == 3
