"""Random interleavings of logical transactions against a model of what each of them should leave behind."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenshift.testing.shared_connection import SharedConnection, SharedTransactionError
from greenshift.testing.shared_connection.dbapi import LogicalConnection, wait_blocking

OPERATIONS = ["insert", "insert", "select", "fail", "commit", "rollback", "savepoint", "rollback to", "release"]


class Model:
    """One logical transaction: per open level, the rows written in it."""

    def __init__(self) -> None:
        self.levels: list[list[tuple[int, int]]] = [[]]  # (row, when)
        self.failed = False

    @property
    def rows(self) -> list[tuple[int, int]]:
        return [row for level in self.levels for row in level]

    def since(self, level: int) -> list[tuple[int, int]]:
        return [row for rows in self.levels[level:] for row in rows]


@pytest.fixture(scope="module")
def ledger_shared(shared_url):
    shared = SharedConnection(shared_url)
    yield shared
    shared.close()


# Always the same cases; 4,000 random ones were run when this was written.
@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(OPERATIONS)), max_size=40))
def test_any_interleaving_leaves_what_the_model_says(ledger_shared, steps):
    ledger_shared.rollback()
    connections = [LogicalConnection(ledger_shared, wait_blocking) for _ in range(3)]
    reader = LogicalConnection(ledger_shared, wait_blocking)
    reader.autocommit = True
    models = [Model() for _ in range(3)]
    committed: set[int] = set()
    written: list[tuple[int, int, int]] = []  # (when, owner, row) of the rows that are there

    def present() -> set[int]:
        return {int(name) for (name,) in reader.execute("SELECT name FROM author")}

    def drop(rows: list[tuple[int, int]]) -> None:
        gone = {row for row, _ in rows}
        written[:] = [entry for entry in written if entry[2] not in gone]

    def refusal_is_due(owner: int, undone: list[tuple[int, int]]) -> bool:
        first = min(when for _, when in undone)
        return any(when > first and other != owner for when, other, _ in written)

    for now, (number, operation) in enumerate(steps):
        connection, model = connections[number], models[number]
        try:
            if operation == "insert":
                connection.execute("INSERT INTO author (name) VALUES (%s)", (str(now),))
                assert not model.failed
                model.levels[-1].append((now, now))
                written.append((now, number, now))
            elif operation == "select":
                connection.execute("SELECT 1")
                assert not model.failed
            elif operation == "fail":
                with pytest.raises(psycopg.Error):
                    connection.execute("SELECT * FROM nowhere")
                if not model.failed:
                    model.failed = True
                    if not (model.levels[-1] and refusal_is_due(number, model.levels[-1])):
                        # Nothing but a way back is left for the transaction: its innermost level is undone at once.
                        drop(model.levels[-1])
                        model.levels[-1] = []
            elif operation in ("commit", "rollback"):
                undo = operation == "rollback" or model.failed
                getattr(connection, operation)()
                if undo:
                    drop(model.rows)
                else:
                    committed |= {row for row, _ in model.rows}
                models[number] = Model()
            elif operation == "savepoint":
                connection.execute("SAVEPOINT point")
                assert not model.failed
                model.levels.append([])
            elif operation == "rollback to":
                connection.execute("ROLLBACK TO SAVEPOINT point")
                assert len(model.levels) > 1
                drop(model.levels[-1])
                model.levels[-1] = []
                model.failed = False
            else:
                connection.execute("RELEASE SAVEPOINT point")
                assert not model.failed
                top = model.levels.pop()
                model.levels[-1].extend(top)
        except psycopg.errors.InFailedSqlTransaction:
            assert model.failed
        except psycopg.errors.InvalidSavepointSpecification:
            assert len(model.levels) == 1
            model.failed = True
        except SharedTransactionError:
            undone = model.levels[-1] if operation == "rollback to" else model.rows
            assert undone, "nothing to undo is never refused"
            assert refusal_is_due(number, undone), "refused although nobody else wrote"
            return
        assert present() == {row for _, _, row in written}
        assert committed <= present()

    for connection in connections:
        connection.close()
