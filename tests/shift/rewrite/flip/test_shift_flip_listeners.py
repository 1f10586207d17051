"""Events go to the sync engine, connection or session inside."""

from __future__ import annotations

from infrastructure import flip, flipped, reasons

from greenshift.shift.rewrite.flip import FIXERS
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.listeners import fix_listeners

START = (
    "from sqlalchemy import create_engine, event, inspect\nfrom sqlalchemy.orm import Session, sessionmaker\n"
    "engine = create_engine('sqlite:///x.db')\nSessionLocal = sessionmaker(engine)\n"
)


def test_events_of_an_engine() -> None:
    new = flipped(
        START + '@event.listens_for(engine, "connect")\ndef pragma(connection, record):\n    connection.execute("x")\n'
        'event.listen(engine, "begin", pragma)\nevent.remove(engine, "begin", pragma)\n',
        fix_listeners,
    )
    assert new.count("engine.sync_engine,") == 3


def test_events_of_classes_and_models_stay() -> None:
    text = (
        START + "from sqlalchemy.engine import Engine\nclass User: ...\n"
        '@event.listens_for(Engine, "connect")\ndef a(connection, record): ...\n'
        '@event.listens_for(Session, "before_flush")\ndef b(session, *rest): ...\n'
        '@event.listens_for(User, "after_insert")\ndef c(mapper, connection, target): ...\n'
    )
    assert flipped(text, fix_listeners) == text


def test_events_of_a_factory_go_to_the_session_class() -> None:
    new = flipped(
        START + '@event.listens_for(SessionLocal, "before_flush")\ndef b(session, *rest): ...\n', fix_listeners
    )
    assert '@event.listens_for(Session, "before_flush")' in new


def test_the_recipe_of_a_session_in_an_outer_transaction() -> None:
    new = flipped(
        START + "def fixture():\n    connection = engine.connect()\n    transaction = connection.begin()\n"
        "    session = SessionLocal(bind=connection)\n    nested = connection.begin_nested()\n"
        '    @event.listens_for(session, "after_transaction_end")\n'
        "    def restart(session, transaction):\n        nonlocal nested\n"
        "        if not nested.is_active:\n            nested = connection.begin_nested()\n"
        "    yield session\n    session.close()\n    transaction.rollback()\n    connection.close()\n",
        fix_listeners,
        fix_awaiting,
    )
    assert '@event.listens_for(session.sync_session, "after_transaction_end")' in new
    assert "            nested = connection.sync_connection.begin_nested()\n" in new
    assert "    await transaction.rollback()\n    await connection.close()\n" in new


def test_instrumentation_gets_the_sync_engine() -> None:
    new = flipped(
        START + "from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor\n"
        "SQLAlchemyInstrumentor().instrument(engine=engine)\n",
        fix_listeners,
    )
    assert "instrument(engine=engine.sync_engine)" in new


def test_another_library_is_listed() -> None:
    result = flip(START + "import pandas\npandas.read_sql('select 1', engine)\n", fix_listeners)
    assert reasons(result, "engine") == ["`pandas.read_sql` is given an engine or a connection that is async now"]


def test_a_second_run_changes_nothing() -> None:
    text = (
        START + "def fixture():\n    connection = engine.connect()\n    session = SessionLocal(bind=connection)\n"
        '    @event.listens_for(session, "after_transaction_end")\n'
        "    def restart(session, transaction):\n        connection.begin_nested()\n"
        '@event.listens_for(engine, "connect")\ndef pragma(connection, record): ...\n'
    )
    once = flipped(text, *FIXERS)
    assert flipped(once, *FIXERS) == once
