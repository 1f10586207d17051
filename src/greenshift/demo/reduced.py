"""What the demo does less of than the commands do by themselves."""

from __future__ import annotations

from greenshift.demo.ground import Amounts


def what_is_reduced(amounts: Amounts) -> tuple[str, ...]:
    """Return it, a sentence each.

    Args:
        amounts: how much is done.
    """
    users = ", ".join(map(str, amounts.users))
    sentences = [
        f"verify's walk sends at most {amounts.requests} requests (500 by default)",
        f"each step of load ({users} users) is measured for {amounts.seconds:g} s, in "
        f"{amounts.rounds} round{'' if amounts.rounds == 1 else 's'} (10 s and 3 rounds by default)",
        "heal runs the one test that fails, not all of them",
    ]
    if amounts.tests:
        sentences.insert(0, f"only these tests run: {', '.join(amounts.tests)}")
    return tuple(sentences)
