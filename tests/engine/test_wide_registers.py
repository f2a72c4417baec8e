"""The engine's arithmetic uses the host's wide registers: lanes that are taken apart cost several times as much, without a word."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from alvh.runtime.engine.compiled import engine_code

LANES = 8
MANY = 100
"""Of instructions of arithmetic in a function, from which on it is looked at; which functions there are is LLVM's choice."""
ON_ALL_LANES, HALF_A_BLOCK = (f"Vector_28{lanes}_29" for lanes in (LANES, LANES // 2))
"""In the names of functions: the values that they take."""
LEAST = 0.6
"""Of a function's arithmetic on packed or scalar doubles, the part that is on the widest registers. Measured: 0.9 of one, else all."""
ARITHMETIC = re.compile(r"^v(add|sub|mul|div|sqrt|max|min)[ps]d$")


def widest_registers() -> str:
    """The name that the host's widest vector registers have; skips where a vector of doubles is no wider than two."""
    features = llvm.get_host_cpu_features()
    for feature, register in (("avx512f", "zmm"), ("avx", "ymm")):
        if features.get(feature):
            return register
    pytest.skip("this processor has neither AVX nor AVX-512")


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The engine taken apart into instructions."""
    objdump = shutil.which("objdump")
    if objdump is None:
        pytest.skip("objdump not found: install binutils")
    path: Path = tmp_path_factory.mktemp("engine") / "engine.o"
    path.write_bytes(engine_code(LANES).code)
    return subprocess.run([objdump, "-d", "--no-show-raw-insn", str(path)], capture_output=True, text=True, check=True).stdout


def test_arithmetic_uses_the_widest_registers(listing: str) -> None:
    register = widest_registers()
    looked_at = 0
    for name, body in re.findall(r"^[0-9a-f]+ <(\S*)>:\n(.*?)(?:\n\n|\Z)", listing, re.DOTALL | re.MULTILINE):
        instructions = [line.split("\t", 1)[1].split(None, 1) for line in body.splitlines() if "\t" in line]
        arithmetic = [operands for mnemonic, *operands in instructions if ARITHMETIC.match(mnemonic)]
        if len(arithmetic) >= MANY:
            looked_at += 1
            # The search for strikes works on half a block: four doubles, which fill a ymm register on any of these processors.
            wanted = "ymm" if HALF_A_BLOCK in name and ON_ALL_LANES not in name else register
            wide = sum(wanted in operands[0] for operands in arithmetic)
            assert wide >= LEAST * len(arithmetic), f"{name}: {wide} of {len(arithmetic)} on {wanted}"
    assert looked_at >= 10
