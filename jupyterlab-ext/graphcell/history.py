"""What functions were before each push, and what notebooks were in git, for JupyterLab.

Versions are kept as the ``graphcell`` command keeps them, in files that only the user may read, so that
each finds what the other pushed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from .clusters import Refused, read_connections

_AT = re.compile(r"[0-9TZ.\-]+")


def history_folder(connection: str, namespace: str | None, function: str) -> Path:
    """Name the folder of one function's versions. Raises ``Refused`` for what is no name."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    parts = [quote(part, safe="!~*'()") for part in (connection, namespace or "default", function)]
    if any(part.strip(".") == "" for part in parts):
        raise Refused("other", "that is no name of a function")
    return Path(state, "graphcell", "history", *parts)


class _Handler(JupyterHandler):
    def get_login_url(self) -> str:
        # A page to log in would look like an answer.
        raise web.HTTPError(403)

    def refuse(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish(json.dumps({"error": message}))


class HistoryHandler(_Handler):
    """Versions of a function in a cluster: their times, newest first; one of them; a new one."""

    def folder(self, connection: str, function: str) -> Path:
        """Find the folder for a connection that there is."""
        entry = read_connections().get(unquote(connection))
        if entry is None:
            raise Refused("other", f"there is no connection {connection}")
        return history_folder(unquote(connection), entry.get("namespace"), unquote(function))

    @web.authenticated
    def get(self, connection: str, function: str, at: str | None = None) -> None:
        """Answer all times, or one version as it was read from the cluster."""
        try:
            folder = self.folder(connection, function)
        except Refused as error:
            self.refuse(404, str(error))
            return
        if at is None:
            times = sorted((file.stem for file in folder.glob("*.json")), reverse=True)
            self.finish(json.dumps(times))
            return
        file = folder / f"{at}.json"
        if not _AT.fullmatch(at) or not file.is_file():
            self.refuse(404, "that version is not on this machine")
            return
        self.set_header("Content-Type", "application/json")
        self.finish(file.read_text(encoding="utf-8"))

    @web.authenticated
    def post(self, connection: str, function: str) -> None:
        """Keep what a function is now."""
        try:
            folder = self.folder(connection, function)
            version: Any = json.loads(self.request.body)
        except (Refused, ValueError) as error:
            self.refuse(400, str(error))
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = datetime.now(timezone.utc)
        at = f"{now:%Y-%m-%dT%H-%M-%S}.{now.microsecond // 1000:03d}Z"
        descriptor = os.open(folder / f"{at}.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(version, file, indent=2)
        self.finish(json.dumps(at))


class RevisionHandler(_Handler):
    """Text of a file below the server's folder as a revision of git has it."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the text."""
        path, name = self.get_query_argument("path"), self.get_query_argument("revision")
        root = Path(getattr(self.contents_manager, "root_dir", None) or ".").resolve()
        file = (root / path).resolve()
        if root not in file.parents:
            self.refuse(404, "that is no file of this server")
            return
        place = f"{name}:./{file.name}"
        try:
            done = await asyncio.get_running_loop().run_in_executor(None, _show, place, file.parent)
        except FileNotFoundError:
            self.refuse(404, "There is no git where the Jupyter server runs.")
            return
        if done.returncode != 0:
            self.refuse(404, f'Git has no {file.name} at revision "{name}".')
            return
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(done.stdout)


def _show(place: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "show", "--end-of-options", place]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
