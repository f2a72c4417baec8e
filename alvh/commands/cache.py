"""`alvh cache`: where compiled code is kept, what is there, and how to be rid of it."""

from __future__ import annotations

import argparse

from alvh.mistakes import RequestError
from alvh.runtime.native_code import CachedFile, cache_folder, cached_files, clear_cache


def execute(arguments: argparse.Namespace) -> int:
    """Print the folder, its files, or what was removed."""
    folder = cache_folder()
    try:
        if arguments.action == "dir":
            print(folder)
        elif arguments.action == "list":
            files = cached_files()
            for file in files:
                print(f"{file.size:>12,}  {file.name or 'unreadable':<12}  {file.path.name}")
            print(f"{_total(files)} in {folder}")
        else:
            print(f"removed {_total(clear_cache())} from {folder}")
    except OSError as error:
        raise RequestError(f"the cache {folder} cannot be used: {error.strerror}; set ALVH_CACHE_DIR to another folder") from error
    return 0


def _total(files: tuple[CachedFile, ...]) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}, {sum(file.size for file in files):,} bytes"
