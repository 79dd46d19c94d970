"""Finds functions and classes by name as MLRun does: the namespaces in order, then an import."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, cast


def find_class(name: Any, namespaces: list[Any]) -> Any:
    """The class of a step; `ImportError` with MLRun's words when there is none."""
    if isinstance(name, type):
        return name
    found = _search(name, namespaces)
    if found is not None:
        return found
    try:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)
    except (ImportError, ValueError) as error:
        raise ImportError(f"Failed to import {name}") from error


def find_function(name: Any, namespaces: list[Any]) -> Callable[..., Any]:
    """The function of a step: a name, a dotted path, or `(expression)` of `event`."""
    if callable(name):
        return cast(Callable[..., Any], name)
    name = name.strip()
    if name.startswith("("):
        if not name.endswith(")"):
            raise ValueError('function expression must start with "(" and end with ")"')
        # MLRun evaluates it with no globals but Python's own names: so do we.
        return cast(Callable[..., Any], eval("lambda event: " + name[1:-1], {}, {}))
    found = _search(name, namespaces)
    if found is not None:
        return cast(Callable[..., Any], found)
    try:
        module, _, attribute = name.rpartition(".")
        return cast(Callable[..., Any], getattr(__import__(module, fromlist=[attribute]), attribute))
    except (ImportError, ValueError) as error:
        raise ImportError(f"state/function init failed, handler '{name}' not found") from error


def _search(name: Any, namespaces: list[Any]) -> Any:
    for namespace in namespaces:
        if isinstance(namespace, ModuleType):
            found = vars(namespace).get(name)
            if inspect.isfunction(found) or isinstance(found, type):
                return found
        elif name in namespace:
            return namespace[name]
    return None


def function_module(function: Any) -> ModuleType | None:
    """Module with the function's own code, when it has one, loaded by MLRun itself as for its mock server."""
    mlrun = sys.modules.get("mlrun")
    if mlrun is None:
        return None
    module = mlrun.run.function_to_module(function, silent=True)
    return module if isinstance(module, ModuleType) else None
