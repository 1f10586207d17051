"""What differs by accident, what as declared, what cannot be told; and how it is shown."""

from __future__ import annotations

from collections.abc import Callable

from greenshift.check.drift import service_notes, service_tables
from greenshift.check.facts import Program
from greenshift.check.rules.registry import all_rules
from greenshift.report.findings import Finding

Compare = Callable[..., list[Program]]

RULES = [rule for rule in all_rules() if rule.id.startswith("GS7")]


def engine(arguments: str = "", name: str = "engine", url: str = "postgresql+asyncpg://shop@db/shop") -> str:
    return f'from sqlalchemy.ext.asyncio import create_async_engine\n{name} = create_async_engine("{url}"{arguments})\n'


def sync_engine(arguments: str = "", name: str = "engine") -> str:
    return f'from sqlalchemy import create_engine\n{name} = create_engine("postgresql+psycopg://shop@db/shop"{arguments})\n'


def findings(programs: list[Program]) -> list[Finding]:
    return [finding for rule in RULES for finding in rule.services(programs)]


def messages(programs: list[Program]) -> list[str]:
    return [f"{finding.rule} {finding.message}" for finding in findings(programs)]


def test_what_was_seen_in_the_wild(compare: Compare) -> None:
    """A backend with 20/30, timeout 10, recycle 300 beside an auth service with 5/10, 30, 3600."""
    programs = compare(
        {
            "auth/db.py": engine(", pool_recycle=3600"),
            "backend/db.py": engine(", pool_size=20, max_overflow=30, pool_timeout=10, pool_recycle=300"),
        }
    )
    assert messages(programs) == [
        "GS701 pool_size of backend is 20, but 5 (default) in auth, and nothing says why",
        "GS701 max_overflow of backend is 30, but 10 (default) in auth, and nothing says why",
        "GS701 pool_timeout of backend is 10, but 30 (default) in auth, and nothing says why",
        "GS701 pool_recycle of backend is 300, but 3600 in auth, and nothing says why",
    ]
    finding = findings(programs)[3]
    assert (finding.place.file, finding.place.line) == ("backend/db.py", 2)
    ((place, text),) = finding.related
    assert (place.file, place.line, text) == ("auth/db.py", 2, "pool_recycle of auth is 3600")


def test_the_one_that_differs_from_most_is_told(compare: Compare) -> None:
    programs = compare(
        {"a/db.py": engine(", pool_size=9"), "b/db.py": engine(", pool_size=5"), "c/db.py": engine(", pool_size=5")}
    )
    assert messages(programs) == ["GS701 pool_size of a is 9, but 5 in b and c, and nothing says why"]


def test_a_declared_difference_is_shown_with_its_reason(compare: Compare) -> None:
    files = {"auth/db.py": engine(), "shop/db.py": engine(", pool_size=20")}
    declared = {"auth": {"path": "auth"}, "shop": {"path": "shop", "differs": {"pool_size": "many users"}}}
    programs = compare(files, declared)
    assert messages(programs) == []
    (table,) = service_tables(programs)
    rows = {row[0]: row[1:] for row in table.rows}
    assert table.columns == ("setting", "auth", "shop", "")
    assert table.title == "Engines (engine)"
    assert rows["pool_size"] == ("5 (default)", "20", "declared by shop: many users")
    assert rows["max_overflow"] == ("10 (default)", "10 (default)", "")


def test_the_others_are_still_compared(compare: Compare) -> None:
    programs = compare(
        {"a/db.py": engine(", pool_size=9"), "b/db.py": engine(", pool_size=5"), "c/db.py": engine(", pool_size=7")},
        {"a": {"path": "a", "differs": {"pool_size": "why"}}, "b": {"path": "b"}, "c": {"path": "c"}},
    )
    assert messages(programs) == ["GS701 pool_size of c is 7, but 5 in b, and nothing says why"]


def test_an_accidental_difference_is_marked(compare: Compare) -> None:
    (table,) = service_tables(compare({"auth/db.py": engine(), "shop/db.py": engine(", pool_size=20")}))
    assert {row[0]: row[-1] for row in table.rows if row[-1]} == {"pool_size": "differs"}


def test_what_is_not_known_is_no_drift_but_a_note(compare: Compare) -> None:
    unknown = "import os\n" + engine(', pool_size=int(os.environ["SIZE"])')
    programs = compare({"auth/db.py": engine(", pool_size=5"), "shop/db.py": unknown})
    assert messages(programs) == []
    assert service_notes(programs) == ("shop: not known, so not compared: pool_size (the variable SIZE says it)",)


def test_a_default_that_a_variable_replaces_is_not_compared_unless_the_environment_is_known(compare: Compare) -> None:
    def sized(default: int) -> str:
        return "import os\n" + engine(f', pool_size=int(os.getenv("SIZE", "{default}"))')

    files = {"auth/db.py": sized(5), "shop/db.py": sized(20)}
    programs = compare(files)
    assert messages(programs) == []
    (table,) = service_tables(programs)
    assert ("pool_size", "5 (default of SIZE)", "20 (default of SIZE)", "") in table.rows
    assert messages(compare(files, environments={".env.staging": "SIZE=7\n"})) == []
    assert messages(compare(files, environments={".env.staging": "OTHER=7\n"})) == [
        "GS701 pool_size of shop (staging) is 20 (default of SIZE), but 5 (default of SIZE) in auth (staging), "
        "and nothing says why"
    ]


def test_environments_of_one_service_are_compared(compare: Compare) -> None:
    text = "import os\n" + engine(', pool_size=int(os.environ["SIZE"])')
    programs = compare({"shop/db.py": text}, environments={".env.staging": "SIZE=5\n", ".env.production": "SIZE=50\n"})
    assert messages(programs) == [
        "GS701 pool_size of shop (production) is 50, but 5 in shop (staging), and nothing says why"
    ]
    (table,) = service_tables(programs)
    assert table.columns == ("setting", "shop (staging)", "shop (production)", "")


def test_the_same_in_each_environment_is_told_once(compare: Compare) -> None:
    programs = compare(
        {"auth/db.py": engine(), "shop/db.py": engine(", pool_size=20")},
        environments={".env.staging": "A=1\n", ".env.production": "A=1\n"},
    )
    assert len(messages(programs)) == 1
    (table,) = service_tables(programs)
    assert len(table.columns) == 6


def test_engines_stand_beside_those_of_their_kind_or_name(compare: Compare) -> None:
    programs = compare(
        {
            "auth/db.py": engine(", pool_size=4", "main") + sync_engine(", pool_size=2", "jobs"),
            "shop/db.py": engine(", pool_size=4", "database") + sync_engine(", pool_size=3", "tasks"),
        }
    )
    assert messages(programs) == ["GS701 pool_size of shop is 3, but 2 in auth, and nothing says why"]
    by_name = compare(
        {
            "auth/db.py": engine(", pool_size=4", "main") + engine(", pool_size=8", "reports"),
            "shop/db.py": engine(", pool_size=4", "main") + engine(", pool_size=9", "reports"),
        }
    )
    assert messages(by_name) == ["GS701 pool_size of shop is 9, but 8 in auth, and nothing says why"]


def test_what_has_no_counterpart_is_told(compare: Compare) -> None:
    programs = compare(
        {
            "auth/db.py": engine(", pool_size=4", "main") + engine(", pool_size=8", "reports"),
            "shop/db.py": engine(", pool_size=4", "main") + engine("", "archive"),
        }
    )
    assert messages(programs) == []
    notes = service_notes(programs)
    assert [note.partition(" was compared with nothing")[0] for note in notes] == [
        "auth: reports at auth/db.py:4:11",
        "shop: archive at shop/db.py:4:11",
    ]
    alone = compare({"auth/db.py": engine(), "shop/db.py": "import sqlalchemy\n"})
    assert service_notes(alone) == ("shop: no engine was found to compare",)


def test_engines_of_tests_and_scripts_are_not_compared(compare: Compare) -> None:
    programs = compare(
        {
            "auth/db.py": engine(),
            "auth/tests/conftest.py": engine(", pool_size=1"),
            "shop/db.py": engine(),
        }
    )
    assert messages(programs) == []
    assert service_notes(programs) == ()


def test_a_live_service_beside_one_of_source(compare: Compare) -> None:
    programs = compare(
        {"auth/app/db.py": engine(", pool_size=6"), "shop/db.py": engine(", pool_size=20, pool_pre_ping=True")},
        {"auth": {"path": "auth", "live": "app.db:engine"}, "shop": {"path": "shop"}},
    )
    assert messages(programs) == [
        "GS701 pool_size of shop is 20, but 6 in auth, and nothing says why",
        "GS701 pool_pre_ping of shop is True, but False (default) in auth, and nothing says why",
    ]


def test_session_settings_of_both_drivers_mean_the_same(compare: Compare) -> None:
    asyncpg = engine(', connect_args={"server_settings": {"statement_timeout": "5000"}, "timeout": 3}')
    psycopg = engine(
        ', connect_args={"options": "-c statement_timeout=5s", "connect_timeout": 3}',
        url="postgresql+psycopg://shop@db/shop",
    )
    programs = compare({"auth/db.py": asyncpg, "shop/db.py": psycopg})
    assert [message.partition(" of ")[0] for message in messages(programs)] == ["GS704 driver"]
