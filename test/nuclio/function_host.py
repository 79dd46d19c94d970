"""Calls a deployed function's source as Nuclio's Python wrapper does, without Nuclio.

Reads one JSON object from standard input: `module` (path of the source), `handler` (`main:name`), `requests` (objects
with `body` as text, `contentType`, `path`, `method`, `headers`), and for a function that reads a stream `topic`,
`brokers`, `count`, `seconds`. Its environment is the function's. Writes one JSON object with `answers` or `error`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import time
import traceback
from typing import Any

import nuclio_sdk


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("main", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    spec.loader.exec_module(module)
    return module


async def settled(value: Any) -> Any:
    return await value if asyncio.iscoroutine(value) else value


def event_of(request: dict[str, Any], kind: str) -> nuclio_sdk.Event:
    body: Any = request.get("body", "")
    content_type = request.get("contentType", "")
    # The wrapper hands JSON on decoded, and anything else as bytes.
    decoded = json.loads(body) if content_type == "application/json" else body.encode()
    return nuclio_sdk.Event(
        body=decoded,
        content_type=content_type,
        trigger=nuclio_sdk.TriggerInfo(kind, kind),
        headers=request.get("headers", {}),
        path=request.get("path", "/"),
        method=request.get("method", "POST"),
    )


class Platform:
    """What a graph asks of Nuclio's platform; nothing is drained or acknowledged here."""

    kind = "local"

    def set_drain_callback(self, callback: Any) -> None:
        pass

    def set_termination_callback(self, callback: Any) -> None:
        self.terminate = callback

    async def explicit_ack(self, offset: Any) -> None:
        pass


def encoded(output: Any) -> dict[str, Any]:
    response = nuclio_sdk.Response.from_entrypoint_output(json.dumps, output)
    return {"status": response["status_code"], "body": response["body"], "contentType": response["content_type"]}


async def answer(handler: Any, context: Any, event: nuclio_sdk.Event) -> dict[str, Any]:
    try:
        return encoded(await settled(handler(context, event)))
    except Exception as error:
        text = f'Exception caught in handler - "{error}": {traceback.format_exc()}'
        return {"status": 500, "body": text, "contentType": "text/plain"}


async def read_stream(given: dict[str, Any], handler: Any, context: Any) -> list[dict[str, Any]]:
    from kafka import KafkaConsumer

    consumer = KafkaConsumer(
        given["topic"], bootstrap_servers=given["brokers"], auto_offset_reset="earliest", group_id="function-host"
    )
    answers: list[dict[str, Any]] = []
    until = time.time() + given["seconds"]
    while len(answers) < given["count"] and time.time() < until:
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                request = {"body": record.value.decode(), "contentType": ""}
                answers.append(await answer(handler, context, event_of(request, "kafka-cluster")))
    consumer.close()
    return answers


async def main() -> dict[str, Any]:
    given = json.load(sys.stdin)
    module = load(given["module"])
    kind = "kafka-cluster" if "topic" in given else "http"
    context = nuclio_sdk.Context(
        logger=nuclio_sdk.Logger("ERROR"), platform=Platform(), trigger=nuclio_sdk.TriggerInfo(kind, kind)
    )
    if hasattr(module, "init_context"):
        await settled(module.init_context(context))
    handler = getattr(module, given["handler"].split(":")[1])
    if "topic" in given:
        answers = await read_stream(given, handler, context)
    else:
        answers = [await answer(handler, context, event_of(request, kind)) for request in given["requests"]]
    if hasattr(context.platform, "terminate"):
        await settled(context.platform.terminate())
    return {"answers": answers}


def run() -> None:
    out = sys.stdout
    # What the function prints must not mix with the result.
    sys.stdout = sys.stderr
    try:
        result = asyncio.run(main())
    except BaseException:
        result = {"error": traceback.format_exc()}
    out.write(json.dumps(result))


run()
