"""Functions that are entered without an event loop."""

from __future__ import annotations

import pytest

from greenshift.shift.colour.entries import is_entry
from greenshift.shift.kinds import infer
from greenshift.shift.project import project_of


def entries(text: str, file: str = "app.py") -> set[str]:
    """Return the names of a module's functions that are entries."""
    project = project_of({file: text})
    kinds = infer(project)
    return {function.name for function in project.functions if is_entry(kinds, function)}


@pytest.mark.parametrize(
    "text",
    [
        "from celery import Celery\napp = Celery()\n@app.task\ndef work(): ...\n",
        "from celery import Celery\napp = Celery()\n@app.task(bind=True)\ndef work(self): ...\n",
        "from celery import shared_task\n@shared_task()\ndef work(): ...\n",
        "import typer\napp = typer.Typer()\n@app.command('x')\ndef work(): ...\n",
        "import click\n@click.command()\n@click.option('--x')\ndef work(x): ...\n",
        "import dramatiq\n@dramatiq.actor\ndef work(): ...\n",
        "from flask import Blueprint\nroutes = Blueprint('x', 'x')\n@routes.route('/')\ndef work(): ...\n",
        "import threading\ndef work(): ...\nthreading.Thread(target=work).start()\n",
        "from threading import Timer\ndef work(): ...\nTimer(5, work).start()\n",
        "import multiprocessing\ndef work(): ...\nmultiprocessing.Process(target=work)\n",
        "import atexit\ndef work(): ...\natexit.register(work)\n",
        "from concurrent.futures import ThreadPoolExecutor\ndef work(): ...\n"
        "with ThreadPoolExecutor() as pool:\n    pool.submit(work, 1)\n",
        "from concurrent.futures import ThreadPoolExecutor\ndef work(): ...\n"
        "with ThreadPoolExecutor() as pool:\n    list(pool.map(work, [1]))\n",
        "import multiprocessing\ndef work(): ...\nmultiprocessing.Pool(2).starmap(work, [(1, 2)])\n",
        "from apscheduler.schedulers.background import BackgroundScheduler\ndef work(): ...\n"
        "scheduler = BackgroundScheduler()\nscheduler.add_job(work, 'interval')\n",
        "def work(): ...\nwork()\n",
        "def work(): ...\nclass Settings:\n    url = work()\n",
        "def work(): ...\nif True:\n    app = work()\n",
        "from redis import Redis\nfrom rq import Queue\ndef work(): ...\nQueue(connection=Redis()).enqueue(work, 1)\n",
    ],
)
def test_entries(text: str) -> None:
    assert entries(text) == {"work"}


@pytest.mark.parametrize(
    "text",
    [
        "def work(): ...\nif __name__ == '__main__':\n    work()\n",
        "def work(f): ...\n@work\ndef other(): ...\n",
        "def work(f): ...\n@work(1)\ndef other(): ...\n",
        "def work():\n    yield\nwork()\n",
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef work(): ...\n",
        "from fastapi import BackgroundTasks\ndef work(): ...\ntasks = BackgroundTasks()\ntasks.add_task(work)\n",
        "from apscheduler.schedulers.asyncio import AsyncIOScheduler\ndef work(): ...\n"
        "scheduler = AsyncIOScheduler()\nscheduler.add_job(work, 'interval')\n",
        "import asyncio\ndef work(): ...\nasync def run():\n    await asyncio.to_thread(work)\n",
        "import typer\napp = typer.Typer()\n@app.command()\nasync def work(): ...\n",
        "def command(f):\n    return f\n@command\ndef work(): ...\n",
        "class Pool:\n    def submit(self, f): ...\ndef work(): ...\nPool().submit(work)\n",
        "class Pool:\n    def map(self, f): ...\ndef work(): ...\nPool().map(work)\n",
    ],
)
def test_others(text: str) -> None:
    assert "work" not in entries(text)


def test_a_group_of_commands() -> None:
    text = (
        "import click\n@click.group()\ndef cli(): ...\n@cli.command()\ndef work(): ...\n@cli.group()\ndef sub(): ...\n"
    )
    assert entries(text) == {"cli", "work", "sub"}


def test_main_is_an_entry_unless_functions_call_it() -> None:
    assert entries("def main(): ...\nif __name__ == '__main__':\n    main()\n") == {"main"}
    assert entries("def main(): ...\n") == {"main"}
    assert entries("def main(): ...\ndef other():\n    main()\n") == set()


def test_alembics_functions_stay_sync_for_their_callers() -> None:
    assert entries("from alembic import op\ndef upgrade(): ...\n") == {"upgrade"}
