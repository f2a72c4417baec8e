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
    """Use as `with Progress("run", jobs=3) as progress`, call `report` at each step and `advance` at the end of each job.

    The line goes to `stream` (standard error), and only to a terminal."""

    def __init__(self, title: str, jobs: int = 1, stream: TextIO | None = None) -> None:
        self._title = title
        self._jobs = jobs
        self._done = 0
        self._step = ""
        self._counted: tuple[float, int] | None = None
        self._stream = sys.stderr if stream is None else stream
        self._finished = threading.Event()
        self._thread: threading.Thread | None = None

    def report(self, step: str) -> None:
        self._step = step

    def advance(self) -> None:
        self._done += 1

    def count(self, done: int, jobs: int) -> None:
        """How many of many like jobs are done. Once one more is done the line says how long the others will take."""
        if self._counted is None or done == self._counted[1]:
            self._counted = time.monotonic(), done
        self._done, self._jobs = done, jobs

    def time_left(self) -> str:
        """Of the jobs counted, at the pace so far; empty while it cannot be told."""
        if self._counted is None or self._done in (self._counted[1], self._jobs):
            return ""
        since, before = self._counted
        seconds = (time.monotonic() - since) * (self._jobs - self._done) / (self._done - before)
        if seconds < 100.0:
            return f", {seconds:.0f} s left"
        return f", {seconds / 60.0:.0f} min left" if seconds < 6_000.0 else f", {seconds / 3_600.0:.1f} h left"

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
            line = f"{self._title} {bar} {elapsed:.0f} s{self.time_left()}  {self._step}"
            room = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and a wrapped one cannot be taken back
            self._stream.write(f"\r\x1b[K{line[:room]}")
            self._stream.flush()
        self._stream.write("\r\x1b[K")
        self._stream.flush()
