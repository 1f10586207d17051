"""Subscribers, and how they are told: one that fails never breaks the application that is being watched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self

from greenshift.trace.installation import Installation, installation

P = ParamSpec("P")

logger = logging.getLogger("greenshift.trace")


class Subscription:
    """A callback that is being told of events until :meth:`close`; also a context manager.

    Attributes:
        callback: what is called.
        parameters: whether it asked for the values of statements' parameters.
    """

    __slots__ = ("_channel", "_failed", "callback", "parameters")

    def __init__(self, channel: Channel[Any], callback: Callable[..., object], *, parameters: bool) -> None:
        self.callback = callback
        self.parameters = parameters
        self._channel = channel
        self._failed = False

    def close(self) -> None:
        """End the subscription; safe to call twice and from any thread."""
        self._channel.remove(self)

    def failed(self) -> None:
        """Log the exception being handled, the first time only."""
        if not self._failed:
            self._failed = True
            logger.exception(
                "greenshift: a subscriber raised; it stays subscribed, this is logged once: %r", self.callback
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Channel(Generic[P]):
    """One kind of event and its subscribers.

    Args:
        passes: exceptions of a subscriber which reach the application; all others are logged.
        listening: the listeners that publish it.
    """

    def __init__(self, *passes: type[Exception], listening: Installation = installation) -> None:
        self._lock = threading.Lock()
        self._listening = listening
        self._passes = passes
        # A tuple replaced as a whole: publishing needs no lock.
        self.subscriptions: tuple[Subscription, ...] = ()

    def subscribe(self, callback: Callable[P, object], *, parameters: bool = False) -> Subscription:
        """Tell a callback of every event from now on.

        Args:
            callback: called in the thread and task in which the event happens.
            parameters: whether it wants the values of statements' parameters.

        Returns:
            The subscription, to be closed.
        """
        subscription = Subscription(self, callback, parameters=parameters)
        with self._lock:
            self.subscriptions = (*self.subscriptions, subscription)
        self._listening.acquire()
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Stop telling a subscription; nothing happens if it was removed before."""
        with self._lock:
            if subscription not in self.subscriptions:
                return
            self.subscriptions = tuple(one for one in self.subscriptions if one is not subscription)
        self._listening.release()

    def publish(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell every subscriber, in the order of their subscriptions."""
        __tracebackhide__ = True  # pytest's report is about the user's lines, not about how they were watched
        for subscription in self.subscriptions:
            try:
                subscription.callback(*args, **kwargs)
            except self._passes:
                raise
            except Exception:
                subscription.failed()
