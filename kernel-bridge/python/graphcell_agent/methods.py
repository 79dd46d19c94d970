"""What can be called on a loaded function or object."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from .describe import class_path

#: What asyncio marks functions with, up to the Python that asks `inspect` instead.
_MARK = getattr(asyncio.coroutines, "_is_coroutine", object())

#: Plain attributes told of an object.
MAX_ATTRIBUTES = 100


def function_info(name: str, function: Any) -> dict[str, Any]:
    """Name, flavour, parameters, and whether the user wrote it."""
    return {
        "name": name,
        "user": (getattr(function, "__module__", None) or "").split(".")[0] not in ("mlrun", "storey"),
        "flavour": flavour(function),
        "params": parameters(function),
    }


def method_infos(target: Any, extra: str | None, cache: dict[type, dict[str, Any]]) -> dict[str, Any]:
    """
    Methods of an object by name, and the one named `extra`; told once for a class. Of private ones, those that the
    user's class defines: they may stand for MLRun's own.
    """
    cls = type(target)
    known = cache.get(cls)
    if known is None:
        known = cache[cls] = _class_methods(cls)
    infos = dict(known)
    for name, value in vars(target).items() if hasattr(target, "__dict__") else ():
        if callable(value) and not name.startswith("_"):
            infos[name] = function_info(name, value)
    if extra and extra not in infos and callable(getattr(target, extra, None)):
        infos[extra] = function_info(extra, getattr(target, extra))
    return infos


def _class_methods(cls: type) -> dict[str, Any]:
    infos: dict[str, Any] = {}
    for base in cls.__mro__:
        if base is object:
            continue
        for name, value in vars(base).items():
            private = name.startswith("__") or (name.startswith("_") and is_library(base.__module__))
            if private or name in infos:
                continue
            plain = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            if not callable(plain) or isinstance(plain, type):
                continue
            info = function_info(getattr(plain, "__name__", name), plain)
            info["user"] = not is_library(base.__module__)
            if not isinstance(value, staticmethod) and inspect.isfunction(plain):
                info["params"] = info["params"][1:]
            infos[name] = info
    return infos


def is_library(module: str | None) -> bool:
    """Belongs to mlrun or storey, or to Python itself."""
    return (module or "").split(".")[0] in ("mlrun", "storey", "builtins", "abc", "typing")


def flavour(function: Any) -> str:
    """How a call ends: with a value, a coroutine, a generator or an async generator."""
    function = getattr(function, "__func__", function)
    if not inspect.isroutine(function) and not isinstance(function, type) and callable(function):
        function = type(function).__call__
    if inspect.isasyncgenfunction(function):
        return "async_generator"
    if inspect.isgeneratorfunction(function):
        return "generator"
    # As Storey asks: a wrapper that asyncio was told to take for a coroutine function counts.
    marked = getattr(function, "_is_coroutine", None) is _MARK
    return "coroutine" if marked or inspect.iscoroutinefunction(function) else "plain"


def parameters(function: Any) -> list[str]:
    """Names of the parameters; none where Python can't tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def base_names(cls: type) -> list[str]:
    """Qualified names of a class and its bases."""
    return [class_path(c) for c in cls.__mro__]


def plain_attributes(target: Any) -> dict[str, Any]:
    """Attributes that hold a plain, short value."""
    out: dict[str, Any] = {}
    for name, value in list(getattr(target, "__dict__", {}).items()):
        if len(out) >= MAX_ATTRIBUTES:
            break
        if _is_plain(value) or _is_short(value):
            out[name] = value
    return out


def _is_plain(value: Any) -> bool:
    short = type(value) is str and len(value) <= 1000
    return value is None or type(value) in (bool, int, float) or short


def _is_short(value: Any) -> bool:
    """A list or dict of a few plain values."""
    if type(value) not in (list, dict) or len(value) > MAX_ATTRIBUTES:
        return False
    return all(map(_is_plain, value)) and (type(value) is list or all(map(_is_plain, value.values())))
