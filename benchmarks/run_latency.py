"""How long a user waits for the first run of a strategy just written: 9,000 days, the engine cached, the strategy never seen.

Whole processes of `alvh run` against `python -c "import numba"`, with Python's compiled files as after a first run. Each strategy is the
one of sixty lines with a condition of a shape that was never seen, so that nothing made for another one serves it; what that leaves in
the cache is removed again. `python -m benchmarks.run_latency` also says where one process's time goes.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.interleaved import REPOSITORY, Ratio, Row, environment, medians, table, time_process
from benchmarks.markets import HISTORY, has_history, write_generated

STRATEGY = REPOSITORY / "benchmarks" / "sixty_lines.alvh"
MOST = 3.3
ROUNDS = 7
TERMS = 24
"""Terms of the condition, each added or taken off: so many signs make a shape."""


def never_seen(text: str, shape: int) -> str:
    """The strategy with one more condition, which never holds."""
    terms = [f"{'+' if shape >> place & 1 else '-'} {'vix3m' if place % 2 else 'vix6m'}" for place in range(TERMS)]
    condition = f"trigger unseen = vix {' '.join(terms)} > 100000"
    return text.replace("hedge calls {", f"{condition}\n\nhedge calls {{\n  unwind when unseen", 1)


def run_command(strategy: Path, market: Path) -> list[str]:
    return [sys.executable, "-m", "alvh", "run", str(strategy), "--market", str(market), "--from", "1990-01-02", "--json"]


@contextmanager
def kernels_removed() -> Iterator[None]:
    """Leave the user's cache of compiled code as it was."""
    from alvh.runtime.native_code import cache_folder

    folder = cache_folder()
    before = set(folder.rglob("*"))
    try:
        yield
    finally:
        for path in set(folder.rglob("*")) - before:
            if path.is_file():
                path.unlink(missing_ok=True)


def measure(rounds: int = ROUNDS, first_ever: bool = True) -> list[Row]:
    """New strategies, and one that was run before, over generated files and over real history where it is; once with an empty cache."""
    shapes = random.sample(range(2**TERMS), rounds + 2)
    text = STRATEGY.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generated = write_generated(folder)
        strategy, seen = folder / "unseen.alvh", folder / "seen.alvh"
        seen.write_text(never_seen(text, shapes.pop()), encoding="utf-8")

        kept = environment(PYTHONDONTWRITEBYTECODE=None, PYTHONPYCACHEPREFIX=str(folder / "bytecode"))

        def run_unseen() -> float:
            strategy.write_text(never_seen(text, shapes.pop()), encoding="utf-8")
            return time_process(run_command(strategy, generated), kept)

        time_process(run_command(STRATEGY, generated), kept)  # the engine itself is compiled once, and kept
        with kernels_removed():
            timers: dict[str, Callable[[], float]] = {
                "numba": partial(time_process, [sys.executable, "-c", "import numba"], kept),
                "unseen": run_unseen,
                "seen": partial(time_process, run_command(seen, generated), kept),
            }
            if has_history():
                timers["history"] = partial(time_process, run_command(seen, HISTORY), kept)
            found = medians(timers, rounds)
        if first_ever:
            empty = folder / "empty"
            empty.mkdir()
            found["ever"] = time_process(run_command(seen, generated), {**kept, "ALVH_CACHE_DIR": str(empty)})
    rows = [
        ("alvh run, new strategy, 9,000 days", "unseen", MOST),
        ("alvh run, known strategy, 9,000 days", "seen", None),
        ("alvh run, known strategy, real history", "history", None),
        ("alvh run, first ever: the engine is compiled", "ever", None),
    ]
    return [Ratio(name, found[timer], "import numba", found["numba"], most) for name, timer, most in rows if timer in found]


def stages() -> str:
    """Where the time of one process with a new strategy goes."""
    with tempfile.TemporaryDirectory() as name, kernels_removed():
        strategy = Path(name) / "unseen.alvh"
        strategy.write_text(never_seen(STRATEGY.read_text(encoding="utf-8"), random.randrange(2**TERMS)), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.run_stages", str(strategy), str(write_generated(Path(name)))]
        return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    print(table(measure()))
    print()
    print(stages())
