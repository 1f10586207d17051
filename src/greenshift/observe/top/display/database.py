"""A PostgreSQL server on the terminal: sessions, waits, who blocks whom, and what takes time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.text import Text

from greenshift.observe.top.database.state import BlockedSession, DatabaseState, SessionState
from greenshift.observe.top.display.formats import bar, duration, number, percent
from greenshift.observe.top.display.section import Section

# Seconds from which on somebody should look.
_OPEN_LONG = 60.0
_IDLE_LONG = 10.0
_STATE_COLOURS = {"active": "green", "idle in transaction": "yellow", "idle in transaction (aborted)": "red"}
_HIDDEN = "hidden"


def summary(state: DatabaseState, *, ascii_only: bool = False) -> list[Text]:
    """Return the lines above the tables.

    Args:
        state: of the server.
        ascii_only: whether the terminal knows no more than ASCII.
    """
    lines = [
        Text(f"PostgreSQL {state.version}{', a replica' if state.in_recovery else ''}, up {duration(state.uptime)}")
    ]
    connections = Text("connections ")
    connections.append(bar(len(state.sessions) + 1, state.max_connections, ascii_only=ascii_only))
    connections.append(f", {state.reserved} reserved" if state.reserved else "")
    states = Counter(session.state or _HIDDEN for session in state.sessions)
    for name, count in states.most_common():
        connections.append("; ")
        connections.append(f"{count} {name}", style=_STATE_COLOURS.get(name, ""))
    lines.append(connections)
    waits = Counter(session.wait for session in state.sessions if session.wait is not None)
    if waits:
        lines.append(Text("waits       " + ", ".join(f"{count} {name}" for name, count in waits.most_common())))
    lines.append(Text(_rates(state)))
    lines += [Text(f"note: {limit}", style="yellow") for limit in state.limits]
    return lines


def database_sections(state: DatabaseState, sites: Mapping[int, str] | None = None) -> list[Section]:
    """Return the tables, the most important first.

    Args:
        state: of the server.
        sites: where the connection to a server process was taken, where an application that is watched, too, says so.
    """
    sites = sites or {}
    in_transaction = [session for session in state.sessions if session.transaction_seconds is not None]
    in_transaction.sort(key=lambda session: -(session.transaction_seconds or 0))
    idle = [session for session in in_transaction if _is_idle(session)]
    running = [session for session in in_transaction if not _is_idle(session)]
    sections = [
        _blocked(state, sites),
        _idle(idle, sites),
        _running(running, sites),
        _statements(state),
        _applications(state),
    ]
    return [section for section in sections if section.rows]


def _rates(state: DatabaseState) -> str:
    now, before = state.counters, state.previous
    if before is None or now.at <= before.at:
        return f"deadlocks   {now.deadlocks}"
    seconds = now.at - before.at
    hit, read = now.blocks_hit - before.blocks_hit, now.blocks_read - before.blocks_read
    line = f"a second    {number(max(0, now.commits - before.commits) / seconds)} commits"
    line += f", {number(max(0, now.rollbacks - before.rollbacks) / seconds)} rollbacks"
    if hit > 0 and read >= 0:
        line += f"; pages cached {percent(hit / (hit + read))}"
    return f"{line}; deadlocks {now.deadlocks}"


def _blocked(state: DatabaseState, sites: Mapping[int, str]) -> Section:
    """Return who waits for whom, as trees: those that hold, and under them those that wait."""
    sessions = {session.pid: session for session in state.sessions}
    waiting = {blocked.pid: blocked for blocked in state.blocked}
    behind: dict[int, list[BlockedSession]] = {}
    for blocked in state.blocked:
        behind.setdefault(blocked.by[0] if blocked.by else 0, []).append(blocked)
    rows: list[tuple[Text | str, ...]] = []
    shown: set[int] = set()

    def show(pid: int, depth: int) -> None:
        if pid in shown:  # those that wait in a circle, until the server breaks it
            return
        shown.add(pid)
        rows.append(_in_tree(pid, depth, waiting.get(pid), sessions.get(pid), sites))
        for blocked in behind.get(pid, []):
            show(blocked.pid, depth + 1)

    for pid in behind:
        if pid not in waiting:
            show(pid, 0)
    for pid in waiting:
        show(pid, 0)
    names = ("pid", ">waits", ">open", "for", "statement")
    title = "Blocked: below each session, those that wait for it"
    return Section(title, names, rows, _lines(shown, sites), least=4)


def _in_tree(
    pid: int, depth: int, blocked: BlockedSession | None, session: SessionState | None, sites: Mapping[int, str]
) -> tuple[Text | str, ...]:
    name = Text("  " * (depth - 1) + ("└ " if depth else "") + (str(pid) if pid else "prepared"))
    name.stylize("bold red" if blocked is None else "")
    what = ""
    if blocked is not None:
        what = f"{blocked.relation or blocked.lock} {blocked.mode.removesuffix('Lock')}"
        if len(blocked.by) > 1:
            what += f", also {', '.join(str(other) for other in blocked.by[1:])}"
    return (
        name,
        duration(blocked.seconds if blocked else None),
        duration(session.transaction_seconds if session else None),
        what or (session.state or _HIDDEN if session else "prepared transaction" if pid == 0 else "gone"),
        _statement(session, sites),
    )


def _idle(sessions: list[SessionState], sites: Mapping[int, str]) -> Section:
    rows: list[tuple[Text | str, ...]] = []
    for session in sessions:
        seconds = session.state_seconds or 0.0
        rows.append(
            (
                str(session.pid),
                duration(session.transaction_seconds),
                Text(duration(seconds), style="bold red" if seconds >= _IDLE_LONG else "yellow"),
                _who(session),
                _statement(session, sites),
            )
        )
    names = (">pid", ">open", ">idle for", "application", "last statement")
    lines = _lines((session.pid for session in sessions), sites)
    return Section("Idle in transaction, the longest open first", names, rows, lines, least=2)


def _running(sessions: list[SessionState], sites: Mapping[int, str]) -> Section:
    rows: list[tuple[Text | str, ...]] = []
    for session in sessions:
        seconds = session.transaction_seconds or 0.0
        rows.append(
            (
                str(session.pid),
                Text(duration(seconds), style="bold yellow" if seconds >= _OPEN_LONG else ""),
                _who(session),
                Text(session.wait or session.state or _HIDDEN, style=_STATE_COLOURS.get(session.state or "", "")),
                _statement(session, sites),
            )
        )
    names = (">pid", ">open", "application", "state, or waits for", "statement")
    lines = _lines((session.pid for session in sessions), sites)
    return Section("Running transactions, the longest open first", names, rows, lines, least=2)


def _applications(state: DatabaseState) -> Section:
    found: dict[tuple[str, str, str], list[SessionState]] = {}
    for session in state.sessions:
        found.setdefault((_who(session), session.user, session.database), []).append(session)
    rows: list[tuple[Text | str, ...]] = []
    for (who, user, database), sessions in sorted(found.items(), key=lambda one: -len(one[1])):
        states = Counter(session.state for session in sessions)
        in_transaction = states["idle in transaction"] + states["idle in transaction (aborted)"]
        numbers = (len(sessions), states["active"], in_transaction, states["idle"])
        rows.append((*(str(one) for one in numbers), who, user, database))
    names = (">sessions", ">active", ">idle in tr.", ">idle", "application", "user", "database")
    return Section("Sessions", names, rows)


def _statements(state: DatabaseState) -> Section:
    rows = [
        (
            duration(one.total_seconds),
            number(one.calls),
            duration(one.mean_seconds),
            duration(one.max_seconds),
            number(one.rows / one.calls if one.calls else 0.0),
            one.statement,
        )
        for one in state.statements or ()
        if one.statement is not None
    ]
    names = (">in all", ">calls", ">mean", ">longest", ">rows", "statement")
    return Section("Statements that took most time (pg_stat_statements)", names, rows, least=2)


def _statement(session: SessionState | None, sites: Mapping[int, str]) -> Text:
    if session is None:
        return Text("")
    text = Text(session.statement or (_HIDDEN if session.state is None else ""))
    if session.pid in sites:
        text.append(f"\ntaken at {sites[session.pid]}", style="dim")
    return text


def _lines(pids: Iterable[int], sites: Mapping[int, str]) -> int:
    return 2 if any(pid in sites for pid in pids) else 1


def _is_idle(session: SessionState) -> bool:
    return (session.state or "").startswith("idle in transaction")


def _who(session: SessionState) -> str:
    who = session.application or session.user
    return who if len(who) <= 16 else who[:15] + "…"
