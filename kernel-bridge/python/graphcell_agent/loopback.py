"""The direct channel for front ends that have no comms (VS Code's Jupyter extension): a socket on this machine.

Opened by an ordinary request, `listen`, whose answer holds the port and a token. The first line of a connection is that
token; then each line is one message in JSON, as a comm would carry it (see channel.py): `{"id": ..., "text": ...}`.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import secrets
import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

#: A connection that does not say the token within these seconds is closed.
GREETING = 5.0


class _Line:
    """One direction of a connection, in the shape of a comm."""

    def __init__(self, connection: socket.socket, lock: threading.Lock) -> None:
        self.comm_id = uuid.uuid4().hex
        self._connection = connection
        self._lock = lock
        self.message: Callable[[Any], None] | None = None
        self.closed: Callable[[Any], None] | None = None

    def send(self, data: dict[str, Any]) -> None:
        """Sends one message; a connection that is gone takes none."""
        line = (json.dumps(data, separators=(",", ":")) + "\n").encode()
        with self._lock, contextlib.suppress(OSError):
            self._connection.sendall(line)

    def close(self) -> None:
        """Closes the whole connection: the front end hears it and opens anew."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def on_msg(self, callback: Callable[[Any], None]) -> None:
        """Calls back with each message."""
        self.message = callback

    def on_close(self, callback: Callable[[Any], None]) -> None:
        """Calls back when the connection is gone."""
        self.closed = callback


class Loopback:
    """Listens on a port of this machine once somebody asked for it."""

    def __init__(self, opened: Callable[[Any, Any], None]) -> None:
        """`opened` takes a comm and the message that opened it, as a comm target does."""
        self._opened = opened
        self._token = secrets.token_hex(24)
        self._server: socket.socket | None = None

    def listen(self) -> dict[str, Any]:
        """The port and the token; the same ones for all who ask."""
        if self._server is None:
            self._server = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self._accept, args=(self._server,), daemon=True, name="graphcell-door").start()
        return {"port": self._server.getsockname()[1], "token": self._token}

    def close(self) -> None:
        """Takes no more connections."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True, name="graphcell-line").start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(GREETING)
            lines = connection.makefile("rb")
            if not hmac.compare_digest(lines.readline(200).strip(), self._token.encode()):
                return
            connection.settimeout(None)
            self._talk(connection, lines)

    def _talk(self, connection: socket.socket, lines: Any) -> None:
        lock = threading.Lock()
        request, push = _Line(connection, lock), _Line(connection, lock)
        self._opened(request, _opening({"role": "request"}))
        self._opened(push, _opening({"role": "push", "client": request.comm_id}))
        try:
            for line in lines:
                if request.message is not None:
                    request.message(_opening(json.loads(line)))
        finally:
            for end in (push, request):
                if end.closed is not None:
                    end.closed({})


def _opening(data: Any) -> dict[str, Any]:
    return {"content": {"data": data}}
