"""What `--paths` and the options that go with it ask for, the same of every command that has them."""

from __future__ import annotations

import argparse
from typing import Any

from alvh.mistakes import RequestError


def check_paths(arguments: argparse.Namespace) -> None:
    """RequestError for what makes no sense without `--paths`, and for paths that would be kept nowhere."""
    if arguments.paths is None:
        if arguments.threads is not None:
            raise RequestError("--threads is for --paths, or for a grid: give --paths, or a --set several values")
        if arguments.keep_paths is not None:
            raise RequestError("--keep-paths goes with --paths")
        return
    if arguments.keep_paths is not None:
        if arguments.out is None:
            raise RequestError("--keep-paths needs --out, the folder that the paths are written to")
        if (last := max(span[-1] for span in arguments.keep_paths)) >= arguments.paths:
            raise RequestError(f"path {last} cannot be kept: the paths run are 0 to {arguments.paths - 1}")


def paths_asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `alvh.run_paths` after strategy and market."""
    return {
        "paths": arguments.paths,
        "threads": arguments.threads,
        "keep": [path for span in arguments.keep_paths or () for path in span],
    }
