"""Findings with everything in them that an output may stumble over."""

from greenshift.report.findings import Edit, Finding, Place, RuleDescription, Severity

POOL = RuleDescription(
    "GS101",
    "a pool class that an asyncio engine cannot use",
    Severity.ERROR,
    "It waits by blocking its thread.",
    "https://docs.sqlalchemy.org/en/20/errors.html#error-pcls",
    "leave poolclass out",
)
PING = RuleDescription(
    "GS102",
    "no pre-ping",
    Severity.WARNING,
    "A connection that a proxy closed fails.",
    "https://docs.sqlalchemy.org/en/20/core/pooling.html",
    "set pool_pre_ping",
)
SILENT = RuleDescription(
    "GS103", "no name", Severity.ADVICE, "Nobody knows whose it is.", "https://www.postgresql.org/docs/", "name it"
)
URL = '    url = "postgresql+asyncpg://app:h!dden:@l@dbs/shop", poolclass=QueuePool, size=5 % 3'
POOLED = Finding(
    "GS101",
    Severity.ERROR,
    "Pool class QueuePool cannot be used: it blocks, 100% [bold]",
    Place("app/my db.py", 4, 58, 4, 77),
    "leave poolclass out",
    edits=(Edit(Place("app/my db.py", 4, 56, 4, 77), ""),),
    subject="engine in app/my db.py",
    related=((Place("app/settings.py", 2, 1, 2, 8), "the URL"),),
    line_text=URL,
)
LIVE = Finding("GS102", Severity.WARNING, "no pre-ping\n\x1b[31m\x00", Place("app.db:engine"), "set pool_pre_ping")
KNOWN = Finding("GS101", Severity.ERROR, "an old one", Place("app/old.py", 1, 1, 2, 3), "mend it", line_text="e = f(")
