"""What a Storey source with data of its own emits: the rows of a file, a table or a data frame."""

from __future__ import annotations

import sys
from typing import Any

from .event import event_fields


def emitted(run: Any, call: dict[str, Any]) -> dict[str, Any]:
    """`{"events": [...]}`, or `{"raised"}` when the source could not read its data, with the events before that."""
    source = run.target(str(call["ref"]), "")
    termination = sys.modules["storey.dtypes"]._termination_obj
    events: list[Any] = []

    async def downstream(event: Any, *_: Any, **__: Any) -> None:
        if event is not termination:
            events.append(event)

    reply: dict[str, Any] = {}
    try:
        source._do_downstream = downstream
        source._init()
        run.loop.run(source._run_loop())
    except BaseException as error:
        reply["raised"] = run.raised(error)
    encode = run.encoder.encode
    reply["events"] = [{k: encode(v) for k, v in event_fields(event).items()} for event in events]
    return reply
