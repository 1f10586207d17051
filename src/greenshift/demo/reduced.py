"""What the demo does less of than the commands do by themselves."""

from __future__ import annotations

from collections.abc import Collection

from greenshift.demo.ground import Amounts


def what_is_reduced(amounts: Amounts, ran: Collection[str]) -> tuple[str, ...]:
    """Return it, a sentence each.

    Args:
        amounts: how much is done.
        ran: the names of the steps that ran.
    """
    users = ", ".join(map(str, amounts.users))
    rounds = f"{amounts.rounds} round{'' if amounts.rounds == 1 else 's'}"
    reduced = [
        ({"verify"}, f"verify's walk sends at most {amounts.requests} requests (500 by default)"),
        ({"heal"}, "heal runs the one test that fails, not all of them"),
        (
            {"load"},
            f"load measures {users} users for {amounts.seconds:g} s each, in {rounds} (10 s and 3 rounds by default)",
        ),
    ]
    if amounts.tests:
        reduced.insert(0, ({"tests", "async-tests", "verify"}, f"only these tests run: {', '.join(amounts.tests)}"))
    return tuple(sentence for steps, sentence in reduced if steps & set(ran))
