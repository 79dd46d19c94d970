"""Graphcell's part inside a Jupyter kernel. Nothing here is meant to be called by users."""

from __future__ import annotations
