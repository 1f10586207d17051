"""What the rules of this family have in common: a setting that two services, or two environments, have by accident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.drift.differences import differences
from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, Sample
from greenshift.report.findings import Finding


def accidental(rule: Rule, programs: Sequence[Program]) -> Iterable[Finding]:
    """Yield a finding for each side that has a setting otherwise than the others.

    Args:
        rule: the rule that speaks of these settings.
        programs: the services, each perhaps under several environments.
    """
    for found in differences(programs, rule.id):
        name = found.setting.name
        others = " and ".join(dict.fromkeys(side.label for side, _ in found.others))
        usual = found.others[0][1]
        yield rule.found(
            f"{name} of {found.side.label} is {found.seen.text}, but {usual.text} in {others}, and nothing says why",
            found.seen.place,
            subject=f"{name} of {found.side.label}",
            fix=f"make them the same, or declare it in [tool.greenshift.services.{found.side.program.name}]: "
            f'differs = {{ {name} = "REASON" }}',
            related=[(seen.place, f"{name} of {side.label} is {seen.text}") for side, seen in found.others],
        )


PROJECT = """\
[tool.greenshift.services.auth]
path = "auth"

[tool.greenshift.services.shop]
path = "shop"
"""
ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://shop@db.internal/shop"{more})
"""


def services(auth: str, shop: str, *, project: str = PROJECT, finds: str = "", **more: str) -> Sample:
    """Return a sample of two services.

    Args:
        auth: the text of the one's file.
        shop: the text of the other's.
        project: the text of pyproject.toml.
        finds: a text that the finding's message has.
        more: files of environments, by their names.
    """
    files = {"pyproject.toml": project, "auth/database.py": auth, "shop/database.py": shop}
    return Sample({**files, **{f".env.{name}": text for name, text in more.items()}}, finds=finds)


def engines(auth: str, shop: str, *, project: str = PROJECT, finds: str = "") -> Sample:
    """Return a sample of two services with one engine each.

    Args:
        auth: the one's arguments beside the URL.
        shop: the other's.
        project: the text of pyproject.toml.
        finds: a text that the finding's message has.
    """
    return services(ENGINE.format(more=auth), ENGINE.format(more=shop), project=project, finds=finds)
