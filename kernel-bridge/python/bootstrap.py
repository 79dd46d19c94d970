"""Runs in the kernel, once: makes the agent's modules from their texts. It leaves no name in the user's namespace."""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, name: str, sources: dict[str, str]) -> None:
        self.name = name
        self.sources = sources

    def find_spec(self, fullname: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        head, _dot, tail = fullname.partition(".")
        if head != self.name or tail not in self.sources:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=not tail)

    def exec_module(self, module: ModuleType) -> None:
        tail = module.__name__.partition(".")[2]
        # The folder of this made-up file name marks frames as ours in tracebacks.
        file = f"<graphcell_agent>/{tail or '__init__'}.py"
        exec(compile(self.sources[tail], file, "exec"), module.__dict__)


def bootstrap(name: str, version: str, sources: dict[str, str], expect: bool = False) -> None:
    """
    Installs the agent as module `name`, in place of another version; `sources` by submodule, the package under "".

    `expect` says that who sends this will open the direct channel, so that `%%simulate` cells wait for it.
    """
    if sys.version_info < (3, 9):  # noqa: UP036 - the kernel may be any Python
        found = ".".join(map(str, sys.version_info[:2]))
        raise RuntimeError(f"Graphcell needs Python 3.9 or newer in the kernel; this one runs {found}")
    old = sys.modules.get(f"{name}.kernel")
    if old is None or getattr(old, "version", str)() != version:
        _install(name, version, sources, old)
    if expect:
        sys.modules[f"{name}.kernel"].expect()


def _install(name: str, version: str, sources: dict[str, str], old: Any) -> None:
    if old is not None:
        old.uninstall()
    # A copy: other threads may be importing.
    for module in [m for m in list(sys.modules) if m == name or m.startswith(f"{name}.")]:
        del sys.modules[module]
    _add(name, sources)
    # The way for modules that come later.
    sys.modules[name].__dict__["add"] = functools.partial(_add, name)
    sys.modules[f"{name}.kernel"].install(version)


def _add(name: str, sources: dict[str, str]) -> None:
    finder = _Finder(name, sources)
    sys.meta_path.insert(0, finder)
    try:
        # All of it now: later the finder is gone.
        for tail in sources:
            importlib.import_module(f"{name}.{tail}" if tail else name)
    finally:
        sys.meta_path.remove(finder)
