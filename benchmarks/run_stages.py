"""Where the time of one `alvh run` goes, stage by stage: `python -m benchmarks.run_stages STRATEGY MARKET` in a fresh process."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any


def main(path: str, manifest: str) -> None:
    """Run a strategy on a market and print each stage's milliseconds. Imports are stages, so they stand where they are timed."""
    seen: list[tuple[str, float]] = []
    start = time.perf_counter()

    def done(name: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seen.append((name, now - start))
        start = now

    def load(*names: str) -> list[Any]:
        return [import_module(name) for name in names]

    for name in ("numpy", "polars"):
        import_module(name)
        done(f"import {name}")
    face, files, runs, _ = load("alvh.interface", "alvh.strategy", "alvh.runtime.run", "alvh.runtime.write_results")
    done("import the rest, without the engine")
    strategy = files.load(path)
    done("text to program")
    market = face.Market(manifest)
    program = strategy.program
    arrays = market.arrays(import_module("numpy").datetime64("1990-01-02"), None, program.inputs, program.calendars, lags=strategy.lags)
    done("market arrays")
    (engine,) = load("alvh.runtime.engine.simulate")
    done("import what lays a run out")
    record = engine.simulate(program, arrays)[0]
    done("load the engine and simulate")
    engine.simulate(program, arrays)
    done("  of which simulate, measured on a second run")
    runnable = runs.Runnable(program, "strategy.alvh", strategy.texts, strategy.lags)
    runs.interpret_record(runnable, market, runs.RunOptions(), arrays, record).to_json()
    done("results and JSON")
    for name, seconds in seen:
        print(f"{name:<48} {1000.0 * seconds:>6.0f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
