"""Contexts of either flavour, entered by the same code."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from typing import Any, TypeAlias

Context: TypeAlias = AbstractContextManager[Any] | AbstractAsyncContextManager[Any]


async def enter(stack: AsyncExitStack, context: Context, *, is_async: bool) -> Any:
    """Enter a context, and leave it with a stack.

    Args:
        stack: what leaves it.
        context: with ``with`` or ``async with``, or with both.
        is_async: which of both is wanted. One that has only ``with`` is entered so in both flavours.
    """
    if isinstance(context, AbstractAsyncContextManager) and (
        is_async or not isinstance(context, AbstractContextManager)
    ):
        return await stack.enter_async_context(context)
    return stack.enter_context(context)
