"""The messages: one request carries several calls, one reply their answers in the same order."""

from __future__ import annotations

import json
from typing import Any

#: Rises when a message changes its meaning; both ends must agree.
PROTOCOL_VERSION = 1

#: Replies to a request by `execute` are display outputs of this type.
MIME = "application/vnd.graphcell.rpc+json"

#: First line of the code of our requests: such cells are not the user's.
MARKER = "# graphcell request"

#: Comm target and its messages' `data` key when a front end has a direct channel.
COMM_TARGET = "graphcell"


class AgentError(Exception):
    """A request that can't be done: a stable code, what is wrong, and what to do."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        """Keeps the code and the remedy beside the message."""
        super().__init__(message)
        self.code = code
        self.remedy = remedy


class Interrupted(Exception):  # noqa: N818 - names what happened
    """The user's interrupt reached a request."""


def read_request(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Id and calls of a request; raises `AgentError` for anything else."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise AgentError("GC_PROTOCOL", f"A request is not JSON: {error}.") from None
    if not isinstance(data, dict) or data.get("graphcell") != PROTOCOL_VERSION:
        raise AgentError(
            "GC_PROTOCOL",
            f"A request is of another protocol than {PROTOCOL_VERSION}.",
            "Reload the page or window, so that both ends are of one version.",
        )
    calls = data.get("calls")
    if not isinstance(calls, list) or not all(isinstance(c, dict) and isinstance(c.get("op"), str) for c in calls):
        raise AgentError("GC_PROTOCOL", "A request has no list of calls.")
    return str(data.get("id", "")), calls


def reply_text(request: str, replies: list[dict[str, Any]]) -> str:
    """The text of a reply."""
    return dump({"graphcell": PROTOCOL_VERSION, "id": request, "replies": replies})


def push_text(kind: str, fields: dict[str, Any]) -> str:
    """The text of a message that nobody asked for."""
    return dump({"graphcell": PROTOCOL_VERSION, "push": kind, **fields})


def error_reply(error: BaseException) -> dict[str, Any]:
    """The answer to a call that could not be done."""
    if isinstance(error, AgentError):
        return {"error": {"code": error.code, "message": str(error), "remedy": error.remedy}}
    if isinstance(error, Interrupted):
        return {"error": {"code": "GC_INTERRUPTED", "message": "The kernel was interrupted.", "remedy": ""}}
    return {
        "error": {
            "code": "GC_AGENT",
            "message": f"Graphcell's agent failed: {type(error).__name__}: {error}",
            "remedy": "Please report this; the kernel itself is not harmed.",
        }
    }


def dump(data: Any) -> str:
    """JSON text in ASCII, so that no transport can break it."""
    return json.dumps(data, separators=(",", ":"))
