"""The engine's object code and fixed workloads for a C driver: `python -m benchmarks.engine_object FOLDER (object | workloads)`.

`benchmarks/instructions.py` runs it with the processor pinned, in a process of its own. FOLDER gets `engine.o` and `call.h`, which says for
`count_driver.c` what its function is called and where the words of a run stand that the driver must know; or `NAME.bin`, the words of each
workload one after another, an array with its contents.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from alvh.compiler.ir import Program
from alvh.runtime.engine import compiled, layout
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.strategy import load
from benchmarks.interleaved import REPOSITORY

WIDTH = 8
WORKLOADS = {
    "alvh_442_contracts": "strategies/alvh_442_contracts.alvh",
    "sixty_lines": "benchmarks/sixty_lines.alvh",
}
"""A year of eight generated paths each, streams interpreted from steps."""
END = np.datetime64("2023-12-29", "D")
NUMBER, ARRAY, ARRAY_TWICE = 0, 1, 2
"""What a word of a workload's file is; the last is an array that stood before, whose word's number follows."""


class _CapturedError(Exception):
    """The arrays are laid out; nothing needs to run."""


def workload(name: str) -> tuple[Program, MarketArrays]:
    program = load(REPOSITORY / WORKLOADS[name]).program
    return program, GeneratedMarket(442).arrays(None, END, program.inputs, program.calendars, paths=WIDTH)


def laid_out(name: str) -> layout.Run:
    """The arrays of a workload's one block before its first bar."""
    taken: list[layout.Run] = []

    def capture(_: Any, arrays: layout.Run) -> None:
        taken.append(arrays)
        raise _CapturedError

    run, compiled.Compiled.run = compiled.Compiled.run, capture  # type: ignore[method-assign]
    try:
        simulate(*workload(name), lanes=WIDTH, kernel=False)
    except _CapturedError:
        pass
    finally:
        compiled.Compiled.run = run  # type: ignore[method-assign]
    return taken[0]


def word_of(part: type, name: str) -> int:
    """Where a member of a run stands among its words."""
    place = 0
    for of_run in (layout.MarketTables, layout.Settings, layout.Rules, layout.State, layout.Tape):
        if of_run is part:
            return place + part._fields.index(name)
        place += len(of_run._fields)
    raise ValueError(f"no {part.__name__} in a run")


def write_workloads(folder: Path) -> None:
    for name in WORKLOADS:
        run = laid_out(name)
        words = compiled.words_of(run, WIDTH)
        members = [member for part in run for member in part]
        first_at: dict[int, int] = {}
        with open(folder / f"{name}.bin", "wb") as file:
            for place, (word, member) in enumerate(zip(words.tolist(), members, strict=True)):
                if not isinstance(member, np.ndarray):
                    file.write(np.array([NUMBER, word], dtype=np.int64).tobytes())
                elif id(member) in first_at:
                    file.write(np.array([ARRAY_TWICE, first_at[id(member)]], dtype=np.int64).tobytes())
                else:
                    first_at[id(member)] = place
                    file.write(np.array([ARRAY, member.nbytes], dtype=np.int64).tobytes())
                    file.write(member.tobytes())


def write_object(folder: Path) -> None:
    code = compiled.engine_code(WIDTH)
    (folder / "engine.o").write_bytes(code.code)
    words = sum(len(part._fields) for part in (layout.MarketTables, layout.Settings, layout.Rules, layout.State, layout.Tape))
    call = [
        f"#define WORDS {words}",
        f"#define SERIES {word_of(layout.MarketTables, 'series')}",
        f"#define FILLS {word_of(layout.MarketTables, 'fills')}",
        f"#define TAPE {word_of(layout.Tape, 'bars')}",
        f'extern void engine(void *, int64_t, int64_t *, int64_t *) __asm__("{code.symbol}");',
    ]
    (folder / "call.h").write_text("\n".join(call) + "\n")


if __name__ == "__main__":
    {"object": write_object, "workloads": write_workloads}[sys.argv[2]](Path(sys.argv[1]))
