"""The house: imports run one way, the front stays light, and what is on disk is what gets installed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "alvh": "alvh",
    "alvh.grammar": "grammar",
    "alvh.compiler": "compiler",
    "alvh.runtime": "runtime",
    "alvh.strategies": "strategies",
}
MAY_IMPORT = {
    "grammar": {"grammar"},
    "compiler": {"grammar", "compiler"},
    "runtime": {"grammar", "compiler", "runtime"},
    "strategies": set(),
}
HEAVY = {"numpy", "numba", "llvmlite", "polars", "scipy", "pandas", "matplotlib"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, relative imports resolved."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "alvh")
    return found


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_run_one_way(folder: str) -> None:
    for path in modules(folder):
        for name in imports(path):
            first, *rest = name.split(".")
            if first == "alvh" and rest:
                assert rest[0] in MAY_IMPORT[folder], f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("folder", ["grammar", "compiler"])
def test_the_front_imports_nothing_heavy(folder: str) -> None:
    for path in modules(folder):
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & HEAVY, path
        assert "networkx" not in roots or path.name in ("graph.py", "draw_graph.py")


def test_nothing_imports_a_folder_under_its_bare_name() -> None:
    for folder in FOLDERS.values():
        for path in modules(folder):
            assert not {name.split(".")[0] for name in imports(path)} & {"grammar", "compiler", "runtime", "strategies"}, path


def test_only_alvh_is_importable(tmp_path: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('grammar', 'compiler', 'runtime', 'strategies') if u.find_spec(n)])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_check_needs_neither_numbers_nor_frames_nor_graphs(tmp_path: Path) -> None:
    heavy = sorted({*HEAVY, "networkx", "exchange_calendars"})
    checks = "import sys; from alvh.command_line import main; code = main(['check', sys.argv[1]]);"
    code = f"{checks} print(code, [name for name in {heavy} if name in sys.modules])"
    strategy = ROOT / "strategies" / "alvh_442_contracts.alvh"
    done = subprocess.run([sys.executable, "-c", code, str(strategy)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "0 []"


def test_a_run_whose_engine_is_kept_imports_no_compiler(tmp_path: Path) -> None:
    """Nor what draws, judges or explains: Numba alone takes longer to import than most runs take."""
    unwanted = ["numba", "scipy", "pandas", "matplotlib", "networkx", "arch", "alvh.runtime.reference"]
    runs = "import sys; from alvh.command_line import main; code = main(['run', sys.argv[1], '--market', 'generated', '--json']);"
    code = f"{runs} print(code, [name for name in {unwanted} if name in sys.modules])"
    command = [sys.executable, "-c", code, str(ROOT / "strategies" / "unhedged.alvh")]
    for _ in range(2):  # the first run may compile what the second one loads
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "0 []"


def test_importing_alvh_imports_nothing_of_it(tmp_path: Path) -> None:
    code = "import sys, alvh; print([name for name in sys.modules if name.startswith('alvh.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_package_on_disk_is_installed() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert setup["package-dir"] == FOLDERS
    on_disk = {
        ".".join([name, *path.parent.relative_to(ROOT / folder).parts])
        for name, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(setup["packages"]) == on_disk


def test_every_file_of_a_package_is_installed() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for name, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT / folder)
            if path.is_dir() or path.suffix in (".py", ".pyc"):
                continue
            owners = [".".join([name, *inside.parts[:depth]]) for depth in range(len(inside.parts))]
            places = ["/".join(inside.parts[depth:]) for depth in range(len(inside.parts))]
            patterns = [(place, pattern) for owner, place in zip(owners, places, strict=True) for pattern in data.get(owner, [])]
            assert any(fnmatch(place, pattern) for place, pattern in patterns), f"{folder}/{inside} is in no package-data"


def test_every_module_opens_with_a_docstring() -> None:
    for folder in FOLDERS.values():
        for path in modules(folder):
            text = path.read_text(encoding="utf-8")
            if text.strip():
                assert ast.get_docstring(ast.parse(text)), path
