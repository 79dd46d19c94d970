"""Passes requests on to the Nuclio clusters that the user has named.

In a cluster the browser can't reach the dashboard, and it must not hold its secrets. So requests go through
this server: only to the connections of the user's own ``connections.yaml``, only for who may use the server,
with the secret put in here. ``c.Graphcell.pass_on = False`` switches it off.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import yaml
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

from .transport import ProxyError, Request, send

#: Headers of the browser's request that are the cluster's business.
_PASSED = ("content-type",)
_NUCLIO = "x-nuclio-"


class Refused(Exception):
    """A request that can't be passed on; its kind is the client's name for it."""

    def __init__(self, kind: str, message: str) -> None:
        """Keep the kind beside the message."""
        super().__init__(message)
        self.kind = kind


def connections_path() -> Path:
    """Name the user's own file of connections."""
    given = os.environ.get("GRAPHCELL_CONNECTIONS")
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home())), "graphcell", "connections.yaml")
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config, "graphcell", "connections.yaml")


def read_connections() -> dict[str, dict[str, Any]]:
    """Read the connections by name; none where the file is missing. Raises ``Refused`` for a bad file."""
    path = connections_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Refused("other", f"{path} can't be read: {error.strerror}") from None
    try:
        read = yaml.safe_load(text) or {}
        found = read.get("connections") or {}
        return {str(name): dict(entry) for name, entry in found.items() if entry.get("url")}
    except (yaml.YAMLError, AttributeError, TypeError, ValueError):
        raise Refused("other", f"{path} is not a file of connections") from None


def dashboard_url(entry: Mapping[str, Any]) -> str:
    """Give the dashboard's address, with a scheme and without a slash at its end."""
    url = str(entry["url"]).strip().rstrip("/")
    if "://" not in url:
        url = f"http://{url}"
        if urlsplit(url).port is None:
            url += ":8070"
    return url.removesuffix("/api")


def secret_of(name: str, entry: Mapping[str, Any]) -> str:
    """Find the connection's secret in the environment or by a program. Raises ``Refused``."""
    source = entry.get("secret") or {}
    command = source.get("command")
    if command:
        words = [str(word) for word in command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Refused("other", f"the program {command[0]} gave no secret for connection {name}")
        return done.stdout.rstrip("\r\n")
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.upper())
    variable = source.get("env") or f"GRAPHCELL_SECRET_{letters}"
    value = os.environ.get(str(variable), "")
    if not value:
        raise Refused("other", f"{variable} is not set in the environment of the Jupyter server")
    return value


def proof(name: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """Make the headers that prove who the user is."""
    asked = entry.get("authentication") or {}
    kind = asked.get("kind", "none")
    if kind in ("none", "certificate"):
        return {}
    secret = secret_of(name, entry)
    if kind == "basic":
        both = f"{asked.get('username', '')}:{secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
    if kind == "bearer":
        return {"Authorization": f"Bearer {secret}"}
    if kind == "header":
        return {str(asked["header"]): secret}
    if kind == "cookie":
        return {"Cookie": f"{asked['cookie']}={secret}"}
    raise Refused("other", f"connection {name} proves who you are by {kind}, which is not known")


def request_to(
    entry: Mapping[str, Any],
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str],
    body: bytes | None = None,
    on_status: Callable[[int], None] = lambda _: None,
    on_header: Callable[[str, str], None] = lambda _name, _value: None,
    on_chunk: Callable[[bytes], None],
) -> Request:
    """Make a request with the connection's certificates and proxy."""
    asked = entry.get("authentication") or {}
    own = asked.get("kind") == "certificate"
    return Request(
        url,
        method,
        headers,
        body,
        on_status,
        on_header,
        on_chunk,
        ca=entry.get("ca"),
        certificate=(str(asked.get("certificate")), str(asked.get("key"))) if own else None,
        proxy=entry.get("proxy"),
    )


def failure_of(error: BaseException) -> Refused:
    """Tell what went wrong, under the client's name for it."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, ProxyError):
        return Refused("proxy", str(error))
    if isinstance(error, (HTTPTimeoutError, TimeoutError, socket.timeout)):
        return Refused("timeout", "no answer in time")
    if isinstance(error, ssl.SSLError):
        return Refused("tls", error.reason or "no secure connection")
    if isinstance(error, socket.gaierror):
        return Refused("unknown-host", "the host is not known")
    if isinstance(error, ConnectionRefusedError):
        return Refused("refused", "nothing listens there")
    if isinstance(error, (HTTPStreamClosedError, ConnectionError, HTTPException)):
        return Refused("lost", "the connection broke")
    return Refused("other", type(error).__name__)


class _Base(JupyterHandler):
    #: The request that is on its way.
    asked: Request | None = None

    def get_login_url(self) -> str:
        # A page to log in would look like an answer.
        raise web.HTTPError(403)

    def entry(self, name: str) -> dict[str, Any]:
        found = read_connections().get(name)
        if found is None:
            raise Refused("other", f"there is no connection {name}")
        return found

    def refuse(self, error: BaseException) -> None:
        refused = failure_of(error)
        self.set_status(502)
        self.set_header("X-Graphcell-Transport", refused.kind)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": str(refused)}))

    async def passing(self, work: Awaitable[None]) -> None:
        """Do the work of an answer to its end; what goes wrong on the way is told under its kind."""
        try:
            await work
        except Exception as error:
            if self._headers_written:
                raise
            self.refuse(error)
            return
        await self.finish()

    async def exchange(
        self, entry: Mapping[str, Any], url: str, method: str, headers: Mapping[str, str], body: bytes | None
    ) -> None:
        """Send a request and hand its answer on as it comes."""
        self.asked = request_to(
            entry,
            url,
            method=method,
            headers=headers,
            body=body,
            on_status=self.set_status,
            on_header=self.take_header,
            on_chunk=self.take_body,
        )
        await send(self.asked)

    def on_connection_close(self) -> None:
        """Whoever asked is gone."""
        super().on_connection_close()
        if self.asked:
            self.asked.close()

    def take_header(self, name: str, value: str) -> None:
        """Take over what a client reads of the headers."""
        if name.lower() in ("content-type", "location", "server"):
            self.set_header(name, value)

    def take_body(self, chunk: bytes) -> None:
        """Hand a piece of the body on."""
        self.write(chunk)
        self.flush()


class ConnectionsHandler(_Base):
    """Names and addresses of the connections; never a secret."""

    @web.authenticated
    def get(self) -> None:
        """Answer the list."""
        try:
            found = read_connections()
        except Refused as error:
            self.refuse(error)
            return
        rows = [
            {
                "name": name,
                "url": dashboard_url(entry),
                "namespace": entry.get("namespace"),
                "project": entry.get("project"),
                "authentication": (entry.get("authentication") or {}).get("kind", "none"),
                "metrics": bool(entry.get("metrics")),
                "functionHost": entry.get("functionHost") or urlsplit(dashboard_url(entry)).hostname,
            }
            for name, entry in found.items()
        ]
        self.finish(json.dumps(rows))


class ClusterHandler(_Base):
    """A request to a connection's dashboard, below its ``/api``."""

    async def fetch(self, name: str, path: str) -> None:
        """Ask the dashboard; its body goes to the browser as it comes."""
        entry = self.entry(name)
        headers = proof(name, entry)
        for header, value in self.request.headers.get_all():
            if header.lower() in _PASSED or header.lower().startswith(_NUCLIO):
                headers[header] = value
        query = f"?{self.request.query}" if self.request.query else ""
        method = self.request.method or "GET"
        body = None if method == "GET" else self.request.body
        await self.exchange(entry, f"{dashboard_url(entry)}/api/{path}{query}", method, headers, body)

    @web.authenticated
    async def get(self, name: str, path: str) -> None:
        """Take any method."""
        await self.passing(self.fetch(name, path))

    post = put = patch = delete = get


class MetricsHandler(_Base):
    """Prometheus' text of a function, from where the connection says that it is. No secret goes with it."""

    @web.authenticated
    async def get(self, name: str, function: str) -> None:
        """Read it."""
        await self.passing(self.fetch(name, function))

    async def fetch(self, name: str, function: str) -> None:
        """Ask where the connection says."""
        entry = self.entry(name)
        if not entry.get("metrics"):
            raise Refused("other", f"connection {name} names no metrics")
        url = str(entry["metrics"]).replace("{function}", quote(unquote(function), safe=""))
        url = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
        plain = {"proxy": entry.get("proxy"), "ca": entry.get("ca")}
        await self.exchange(plain, url, "GET", {}, None)


class CallHandler(_Base):
    """A call of a function at its own address: one that the dashboard lists. No secret goes with it."""

    @web.authenticated
    async def post(self, name: str) -> None:
        """Call the function."""
        await self.passing(self.call(name))

    async def call(self, name: str) -> None:
        """Send the call where the dashboard says that a function is."""
        entry = self.entry(name)
        given = json.loads(self.request.body)
        target = urlsplit(str(given["url"]))
        if target.scheme != "http" or target.netloc not in await self.addresses(name, entry):
            raise Refused("other", "that is no address of a function in this cluster")
        headers = {str(k): str(v) for k, v in (given.get("headers") or {}).items()}
        body = base64.b64decode(given["body"]) if given.get("body") is not None else None
        method = str(given.get("method", "POST"))
        await self.exchange({"proxy": entry.get("proxy")}, str(given["url"]), method, headers, body)

    async def addresses(self, name: str, entry: Mapping[str, Any]) -> set[str]:
        """List ``host:port`` of all functions that the dashboard knows."""
        headers = proof(name, entry)
        if entry.get("namespace"):
            headers["x-nuclio-function-namespace"] = str(entry["namespace"])
        parts: list[bytes] = []
        url = f"{dashboard_url(entry)}/api/functions"
        await send(request_to(entry, url, headers=headers, on_chunk=parts.append))
        host = entry.get("functionHost") or urlsplit(dashboard_url(entry)).hostname
        found: set[str] = set()
        for fn in json.loads(b"".join(parts)).values():
            for url in (fn.get("status") or {}).get("externalInvocationUrls") or []:
                address = str(url).split("/", 1)[0]
                found.add(address.replace("0.0.0.0", str(host)))
        return found
