"""A forked child begins anew."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from typing import Any

from observed import only
from sqlalchemy import Engine, text

from greenshift import observe


def in_child(work: Callable[[], Any]) -> Any:
    """Run something in a forked child, and return what it returns."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    assert text, "the child failed"
    return json.loads(text)


def test_a_child_starts_clean(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine, slow=0.0, explain=True) as observer:
        url = observer.serve()
        held = engine.connect()
        held.execute(text("SELECT 1"))

        def work() -> dict[str, Any]:
            before = observer.snapshot()
            engine.dispose(close=False)
            with engine.connect() as connection:
                connection.execute(text("SELECT 2"))
                during = only(observer).pool.in_use
            after = observer.snapshot()
            own = observer.serve()
            with urllib.request.urlopen(f"{own}/greenshift.json") as answer:
                served = json.load(answer)
            observer.close()
            return {"before": before.as_dict(), "after": after.as_dict(), "during": during, "served": served}

        found = in_child(work)
        state = only(observer)
        with urllib.request.urlopen(f"{url}/greenshift.json") as answer:
            assert json.load(answer)["process"]["pid"] == os.getpid()
        held.close()
    (before,) = found["before"]["engines"]
    (after,) = found["after"]["engines"]
    assert found["before"]["process"]["pid"] != os.getpid()
    assert before["statements"] == before["slow_count"] == len(before["pool"]["holders"]) == 0
    assert after["statements"] == after["slow_count"] == 1
    assert after["pool"]["checkouts"] == after["pool"]["connects"] == 1
    assert found["during"] == 1
    assert found["served"]["engines"][0]["statements"] == 1
    assert state.statements == 1
    assert len(state.pool.holders) == 1
