"""The server extension: no delay on the websockets of kernels, and a way to clusters.

It switches off Nagle's delay.

A request to a kernel is a small message, and so is its reply. With Nagle's algorithm and delayed
acknowledgements each round trip waits some 40 ms for nothing. Switch this off in
``jupyter_server_config.py``::

    c.Graphcell.no_delay = False

And it passes requests on to the clusters that the user has named; see ``clusters.py``.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from jupyter_server.serverapp import ServerApp
from traitlets import Bool
from traitlets.config import Configurable

_MARK = "_graphcell_no_delay"


class Graphcell(Configurable):
    """Settings of Graphcell's server extension."""

    no_delay = Bool(
        True,
        help="Send small messages to and from kernels at once (TCP_NODELAY), instead of after 40 ms.",
    ).tag(config=True)

    pass_on = Bool(
        True,
        help="Pass requests on to the clusters of the user's own connections.yaml.",
    ).tag(config=True)


def without_delay(open_socket: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap a websocket handler's ``open``: the same, with TCP_NODELAY set first."""

    @functools.wraps(open_socket)
    async def open_without_delay(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        # A socket that does not take the option still works, only slower.
        try:
            self.set_nodelay(True)
        except Exception as error:
            self.log.debug("Graphcell: TCP_NODELAY was not set: %s", error)
        return await open_socket(self, *args, **kwargs)

    setattr(open_without_delay, _MARK, True)
    return open_without_delay


def switch_off_delay() -> bool:
    """Patch the kernels' websocket handler, once. False when this server has none that we know."""
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

        open_socket = KernelWebsocketHandler.open
    except (ImportError, AttributeError):
        return False
    if not getattr(open_socket, _MARK, False):
        KernelWebsocketHandler.open = without_delay(open_socket)  # type: ignore
    return True


def _load_jupyter_server_extension(server: ServerApp) -> None:
    settings = Graphcell(parent=server)
    if settings.pass_on:
        from graphcell.routes import add_handlers

        add_handlers(server.web_app)
    if not settings.no_delay:
        return
    if not switch_off_delay():
        server.log.info("Graphcell: this server has unknown kernel websockets; their delay stays.")
