"""A line on the terminal that says what a long command is doing, from its third second on; nothing when nobody watches."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from types import TracebackType
from typing import TextIO

PATIENCE = 2.0
"""Seconds that pass before the line appears."""
_WIDTH = 24
_PULSE = 0.1


class Progress:
    """Use as `with Progress("run", jobs=3) as progress`, call `report` at each step and `advance` at the end of each job, or of several.
    From the second call of `advance` on the line says how long the rest will take at that pace.

    The line goes to `stream` (standard error), and only to a terminal."""

    def __init__(self, title: str, jobs: int = 1, stream: TextIO | None = None) -> None:
        self._title = title
        self._jobs = jobs
        self._done = 0
        self._begun: tuple[float, int] | None = None
        self._step = ""
        self._stream = sys.stderr if stream is None else stream
        self._finished = threading.Event()
        self._thread: threading.Thread | None = None

    def report(self, step: str) -> None:
        self._step = step

    def advance(self, jobs: int = 1) -> None:
        self._done += jobs
        if self._begun is None:
            self._begun = time.monotonic(), self._done

    def __enter__(self) -> Progress:
        if self._stream.isatty():
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._finished.set()
        if self._thread is not None:
            self._thread.join()

    def _draw(self) -> None:
        started = time.monotonic()
        if self._finished.wait(PATIENCE):
            return
        while not self._finished.wait(_PULSE):
            filled = _WIDTH * self._done // max(self._jobs, 1)
            elapsed = time.monotonic() - started
            bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {self._done}/{self._jobs}"
            line = f"{self._title} {bar} {elapsed:.0f} s{_in_words(self.time_left())}  {self._step}"
            room = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and a wrapped one cannot be taken back
            self._stream.write(f"\r\x1b[K{line[:room]}")
            self._stream.flush()
        self._stream.write("\r\x1b[K")
        self._stream.flush()

    def time_left(self) -> float | None:
        """Seconds, at the pace since the first jobs were done: what came before, compiling above all, comes once. None while unknown."""
        if self._begun is None or self._done in (self._begun[1], self._jobs):
            return None
        since, done_then = self._begun
        return (time.monotonic() - since) / (self._done - done_then) * (self._jobs - self._done)


def _in_words(left: float | None) -> str:
    if left is None:
        return ""
    return f", {left:.0f} s left" if left < 90.0 else f", {left / 60.0:.0f} min left"
