"""Libraries that run what is registered with them take the async form of their calls where a function became async."""

from __future__ import annotations

import ast

from greenshift.shift.rewrite.stages import STAGES, run_stage

APPLICATION = """
from lato import Application, TransactionContext
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite:///shop.db")
application = Application("shop")


class AddItem:
    pass


@application.on_create_transaction_context
def create(**kwargs):
    return TransactionContext(session=Session(engine))


@application.on_exit_transaction_context
def leave(ctx: TransactionContext, exception=None):
    session: Session = ctx["session"]
    session.commit()
    session.close()


@application.handler(AddItem)
def add_item(command: AddItem):
    return 1
"""
USE = """
from shop import AddItem, application


async def route():
    return application.execute(AddItem())


def test_items():
    with application.transaction_context() as ctx:
        ctx.call(print)
    context = application.transaction_context()
    context.begin()
"""


def shifted(texts: dict[str, str]) -> dict[str, str]:
    for stage in STAGES:
        texts = run_stage(stage, texts).texts
    for text in texts.values():
        ast.parse(text)
    return texts


def test_calls_and_contexts_take_their_async_form() -> None:
    after = shifted({"shop.py": APPLICATION, "test_use.py": USE})
    assert "async def leave(" in after["shop.py"]
    assert "await session.commit()" in after["shop.py"]
    assert "\ndef add_item(" in after["shop.py"]
    assert after["test_use.py"] == USE.replace("application.execute(", "await application.execute_async(").replace(
        "def test_items", "async def test_items"
    ).replace("with application", "async with application").replace("ctx.call(", "await ctx.call_async(").replace(
        "context.begin()", "await context.begin_async()"
    )


def test_a_second_run_changes_nothing() -> None:
    after = shifted({"shop.py": APPLICATION, "test_use.py": USE})
    assert shifted(after) == after


def test_nothing_changes_where_no_registered_function_is_async() -> None:
    plain = APPLICATION.replace("    session.commit()\n    session.close()\n", "    print(session)\n")
    assert shifted({"shop.py": plain, "test_use.py": USE})["test_use.py"] == USE
