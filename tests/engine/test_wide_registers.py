"""The engine's hot functions use the host's wide registers: lanes that are taken apart cost several times as much, without a word."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from alvh.runtime.engine.compiled import engine_code

LANES = 8
HOT = ("spx_surface12option_price", "vix_options18undiscounted_price", "black24black_implied_volatility", "vix_options12option_delta")
"""As Numba spells them in the names of compiled functions: module and function, each after the number of its letters."""
ON_ALL_LANES = f"Vector_28{LANES}_29"
"""In the name of a function on all lanes of a block; the search of strikes works on half of them."""
LEAST = 0.6
"""Of a function's arithmetic on packed or scalar doubles, the part that is on the widest registers. Measured: all of it."""
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


@pytest.mark.parametrize("function", HOT)
def test_hot_functions_use_the_widest_registers(function: str, listing: str) -> None:
    register = widest_registers()
    found = re.findall(rf"^[0-9a-f]+ <(\S*{function}\S*{ON_ALL_LANES}\S*)>:\n(.*?)(?:\n\n|\Z)", listing, re.DOTALL | re.MULTILINE)
    assert found, f"no function of that name: {function}"
    for name, body in found:
        instructions = [line.split("\t", 1)[1].split(None, 1) for line in body.splitlines() if "\t" in line]
        arithmetic = [operands for mnemonic, *operands in instructions if ARITHMETIC.match(mnemonic)]
        wide = sum(register in operands[0] for operands in arithmetic)
        assert wide >= LEAST * len(arithmetic) > 0, f"{name}: {wide} of {len(arithmetic)} on {register}"
