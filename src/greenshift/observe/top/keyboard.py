"""Keys as they are pressed, and the terminal as it was before."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import Self


class Keyboard:
    """Reads single keys from standard input where that is a terminal; leaves it as it was.

    Ctrl-C still interrupts. Ctrl-Z does nothing: it would leave the shell with the terminal as it is now.
    Another thread may wake up who waits for a key.
    """

    def __init__(self) -> None:
        self.present = sys.stdin.isatty()
        self._wakened, self._waker = os.pipe()
        os.set_blocking(self._wakened, False)
        os.set_blocking(self._waker, False)

    def __enter__(self) -> Self:
        if self.present:
            self._descriptor = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)
            now = termios.tcgetattr(self._descriptor)
            now[6][termios.VSUSP] = b"\0"
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, now)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.present:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        waker, self._waker = self._waker, -1
        os.close(waker)
        os.close(self._wakened)

    def wake(self) -> None:
        """Have :meth:`wait` return at once."""
        try:
            os.write(self._waker, b"x")
        except OSError:
            pass  # it is awake already, or has ended

    def wait(self, seconds: float) -> str:
        """Return the keys that were pressed; "" when the time is over or somebody called.

        Args:
            seconds: how long to wait.
        """
        descriptors = [self._wakened, *([self._descriptor] if self.present else [])]
        ready, _, _ = select.select(descriptors, [], [], seconds)
        if self._wakened in ready:
            try:
                os.read(self._wakened, 4096)
            except BlockingIOError:
                pass
        if not self.present or self._descriptor not in ready:
            return ""
        keys = os.read(self._descriptor, 64)
        if not keys:  # nobody is there any more
            self.present = False
        return keys.decode(errors="replace")
