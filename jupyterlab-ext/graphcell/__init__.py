"""Graphcell for Jupyter: where its labextension and its server extension are found."""

from __future__ import annotations

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "graphcell"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "graphcell.server"}]
