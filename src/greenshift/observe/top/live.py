"""The live view: it is drawn anew whenever somebody has answered, until ``q`` or Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live

from greenshift.observe.top.display.screen import screen
from greenshift.observe.top.keyboard import Keyboard
from greenshift.observe.top.polling import Poller, Source

# Seconds: ages go on, and the size of the window may have changed.
_AT_LEAST: Final = 1.0
# Many sources that answer do not have it drawn more often than this.
_AT_MOST: Final = 0.05


def show_live(sources: Sequence[Source], interval: float, console: Console) -> None:
    """Show sources on the terminal until the user has seen enough.

    Args:
        sources: what is watched.
        interval: seconds between two requests to each.
        console: a terminal.
    """
    with ExitStack() as stack:
        stack.enter_context(_ended_cleanly())
        keyboard = stack.enter_context(Keyboard())
        live = stack.enter_context(Live(console=console, screen=True, auto_refresh=False))
        pollers = [Poller(source, interval, keyboard.wake) for source in sources]
        for poller in pollers:
            stack.callback(poller.stop)
        keys = f"every {interval:g} s" + (", q ends" if keyboard.present else ", Ctrl-C ends")
        while True:
            live.update(screen([poller.reading for poller in pollers], console, keys=keys), refresh=True)
            drawn = time.monotonic()
            if "q" in keyboard.wait(_AT_LEAST).lower():
                return
            time.sleep(max(0.0, _AT_MOST - (time.monotonic() - drawn)))


@contextmanager
def _ended_cleanly() -> Iterator[None]:
    """Have Ctrl-C end a block, and other signals leave it in order."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
