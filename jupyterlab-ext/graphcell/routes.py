"""Where the server extension's handlers are, below ``graphcell/``."""

from __future__ import annotations

from jupyter_server.utils import url_path_join
from tornado import web

from .clusters import CallHandler, ClusterHandler, ConnectionsHandler, MetricsHandler
from .history import HistoryHandler, RevisionHandler


def add_handlers(app: web.Application) -> None:
    """Add the routes below the server's base URL."""
    base = url_path_join(app.settings["base_url"], "graphcell")
    app.add_handlers(
        ".*$",
        [
            (f"{base}/connections", ConnectionsHandler),
            (f"{base}/clusters/([^/]+)/api/(.+)", ClusterHandler),
            (f"{base}/clusters/([^/]+)/call", CallHandler),
            (f"{base}/clusters/([^/]+)/metrics/([^/]+)", MetricsHandler),
            (f"{base}/clusters/([^/]+)/history/([^/]+)", HistoryHandler),
            (f"{base}/clusters/([^/]+)/history/([^/]+)/([^/]+)", HistoryHandler),
            (f"{base}/revision", RevisionHandler),
        ],
    )
