"""One HTTP request to a cluster, straight or through a proxy, its answer handed on as it comes."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httputil import HTTPHeaders

#: Seconds for one request; logs are followed for as long.
PATIENCE = 90.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


class ProxyError(Exception):
    """The proxy does not let a request through."""


@dataclass
class Request:
    """What is sent, and who takes the answer: its status, each header, each piece of the body."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes | None
    on_status: Callable[[int], None]
    on_header: Callable[[str, str], None]
    on_chunk: Callable[[bytes], None]
    ca: str | None = None
    #: Files of a client certificate and its key.
    certificate: tuple[str, str] | None = None
    proxy: str | None = None
    #: Ends the request, once it has begun.
    closers: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        """Give the request up: whoever asked for it is gone."""
        for close in self.closers:
            close()


async def send(request: Request) -> None:
    """Send a request; returns when the whole answer has been handed on."""
    target = urlsplit(request.url)
    if request.proxy and target.hostname not in _LOCAL:
        await _by_proxy(request, target, urlsplit(request.proxy))
    else:
        await _straight(request)


async def _straight(request: Request) -> None:
    def take_header(line: str) -> None:
        if line.startswith("HTTP/"):
            request.on_status(int(line.split(" ", 2)[1]))
            return
        name, _, value = line.partition(":")
        if value:
            request.on_header(name.strip(), value.strip())

    client_cert, client_key = request.certificate or (None, None)
    await AsyncHTTPClient().fetch(
        HTTPRequest(
            request.url,
            method=request.method,
            headers=HTTPHeaders(dict(request.headers)),
            body=request.body,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            connect_timeout=20.0,
            request_timeout=PATIENCE,
            ca_certs=request.ca,
            client_cert=client_cert,
            client_key=client_key,
            header_callback=take_header,
            streaming_callback=request.on_chunk,
        ),
        raise_error=False,
    )


async def _by_proxy(request: Request, target: SplitResult, proxy: SplitResult) -> None:
    """Do it in a thread: Tornado's own client has no proxies."""
    loop = asyncio.get_running_loop()
    connection, path = _connection(request, target, proxy)
    request.closers.append(connection.close)

    def tell(function: Callable[..., None], *args: Any) -> None:  # noqa: ANN401
        loop.call_soon_threadsafe(function, *args)

    def exchange() -> None:
        try:
            connection.connect()
        except ssl.SSLError:
            raise
        except OSError as error:
            # Either the proxy is not there, or it refused the tunnel.
            raise ProxyError(error.strerror or str(error)) from None
        try:
            connection.request(request.method, path, body=request.body, headers=dict(request.headers))
            answer = connection.getresponse()
            tell(request.on_status, answer.status)
            for name, value in answer.getheaders():
                tell(request.on_header, name, value)
            while chunk := answer.read1(65536):
                tell(request.on_chunk, chunk)
        finally:
            connection.close()

    await loop.run_in_executor(None, exchange)


def _connection(
    request: Request, target: SplitResult, proxy: SplitResult
) -> tuple[http.client.HTTPConnection, str]:
    host, port = proxy.hostname or "", proxy.port or 80
    if target.scheme == "http":
        # A proxy is asked for the whole address.
        return http.client.HTTPConnection(host, port, timeout=PATIENCE), request.url
    context = ssl.create_default_context()
    if request.ca:
        context.load_verify_locations(request.ca)
    if request.certificate:
        context.load_cert_chain(*request.certificate)
    tunnel = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)
    tunnel.set_tunnel(target.hostname or "", target.port or 443)
    return tunnel, f"{target.path}?{target.query}" if target.query else target.path
