import asyncio
from pathlib import Path

from greenshift.explain.blocking import BlockingWatch

KEY_FILE = Path(__file__)
reports = []


async def main():
    ...  # here
    assert key


with BlockingWatch(mode="warn", report=reports.append):
    asyncio.run(main())
assert reports == []
