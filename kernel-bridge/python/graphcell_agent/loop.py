"""An event loop of our own: the kernel's own loop is busy with our request while a coroutine runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Generator
from time import perf_counter
from typing import Any

#: Attribute of an exception: how long the coroutine that raised it gave way to others, in milliseconds.
SUSPENDED = "_graphcell_suspended_ms"


class Loop:
    """Runs coroutines to their end in one thread; started with the first, so that all share one loop."""

    def __init__(self, threads: set[int]) -> None:
        """`threads` gets the loop's thread id, so that what coroutines print is caught."""
        self._threads = threads
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, awaitable: Awaitable[Any]) -> tuple[Any, float | None]:
        """
        The result, and the milliseconds for which it gave way to other work: None when it never did, 0 when it did
        just once without waiting for anything. An interrupt of the waiting thread cancels it.
        """
        loop = self._started()
        watched = _Watched(awaitable)
        future = asyncio.run_coroutine_threadsafe(_awaited(watched), loop)
        while True:
            try:
                # A timeout keeps the wait interruptible on every platform.
                return future.result(0.5), watched.suspended_ms
            except concurrent.futures.TimeoutError:
                if future.done():
                    raise
            except KeyboardInterrupt:
                future.cancel()
                raise
            except BaseException as error:
                setattr(error, SUSPENDED, watched.suspended_ms)
                raise

    def close(self) -> None:
        """Stops the loop; what still runs there is cancelled."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(2)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            ready = threading.Event()
            loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(loop, ready), daemon=True, name="graphcell-loop")
            self._thread.start()
            ready.wait()
            self._loop = loop
        return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
        ident = threading.get_ident()
        self._threads.add(ident)
        asyncio.set_event_loop(loop)
        loop.call_soon(ready.set)
        try:
            loop.run_forever()
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            self._threads.discard(ident)
            loop.close()


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class _Watched:
    """An awaitable that notes for how long it was suspended."""

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._awaitable = awaitable
        self._since: float | None = None
        self._waited = False
        self._until = 0.0

    @property
    def suspended_ms(self) -> float | None:
        if self._since is None:
            return None
        return round((self._until - self._since) * 1000) if self._waited else 0

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._awaitable.__await__()
        try:
            item = next(inner)
            while True:
                self._waited = self._waited or self._since is not None or item is not None
                self._since = perf_counter() if self._since is None else self._since
                try:
                    sent = yield item
                except BaseException as error:
                    item = inner.throw(error)
                else:
                    item = inner.send(sent)
        except StopIteration as end:
            return end.value
        finally:
            self._until = perf_counter()
