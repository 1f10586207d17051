"""A function that makes a loop of its own stays as it is."""

from __future__ import annotations

from greenshift.shift.rewrite.stages import run_stages

TEXT = """\
import asyncio
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
Maker = sessionmaker(create_engine("postgresql:///x"))
async def connect():
    with Maker() as db:
        db.commit()
def serve():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(connect())
    loop.run_forever()
def main():
    serve()
"""


def test_what_runs_in_the_loop_becomes_async_alone() -> None:
    text = run_stages({"app.py": TEXT})[-1].texts["app.py"]
    assert "    async with Maker() as db:\n        await db.commit()\n" in text
    assert text.endswith(TEXT[TEXT.index("def serve") :])
