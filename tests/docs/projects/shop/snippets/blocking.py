import asyncio
import contextlib
import io
import time


async def main():
    time.sleep(0.01)


printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    ...  # here
assert "time.sleep" in printed.getvalue(), printed.getvalue()
