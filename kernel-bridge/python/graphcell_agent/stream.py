"""The chunks of a generator result."""

from __future__ import annotations

import inspect
from typing import Any

from .loop import Loop

#: Chunks taken of one generator: an endless one ends there.
MAX_CHUNKS = 10_000


class Stream:
    """What a generator gave: its chunks, the exception that ended it, and whether it was cut."""

    def __init__(self) -> None:
        """Begins empty."""
        self.chunks: list[Any] = []
        self.error: Exception | None = None
        self.cut = False


def drain(generator: Any, loop: Loop) -> Stream:
    """Takes all chunks; an exception ends the stream and is kept with it."""
    stream = Stream()
    try:
        if inspect.isasyncgen(generator):
            loop.run(_drain_async(generator, stream))
        else:
            for chunk in generator:
                if len(stream.chunks) >= MAX_CHUNKS:
                    stream.cut = True
                    generator.close()
                    break
                stream.chunks.append(chunk)
    except Exception as error:
        stream.error = error
    return stream


async def _drain_async(generator: Any, stream: Stream) -> None:
    async for chunk in generator:
        if len(stream.chunks) >= MAX_CHUNKS:
            stream.cut = True
            await generator.aclose()
            return
        stream.chunks.append(chunk)
