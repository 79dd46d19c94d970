"""An event loop of our own: the kernel's own loop is busy with our request while a coroutine runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Generator
from time import perf_counter, sleep
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
        self._here: asyncio.AbstractEventLoop | None = None

    def run(self, awaitable: Awaitable[Any]) -> tuple[Any, float | None]:
        """
        The result, and the milliseconds for which it gave way to other work: None when it never did, 0 when it did
        just once without waiting for anything. An interrupt of the waiting thread cancels it.
        """
        watched = _Watched(awaitable)
        try:
            loop = self._started()
        except RuntimeError:
            # A Python without threads (in WebAssembly) can do one thing at a time only.
            return self._run_here(watched)
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

    def _run_here(self, watched: _Watched) -> tuple[Any, float | None]:
        """The same in this thread, whose own loop, if it has one, stands still meanwhile."""
        if self._here is None:
            self._here = _ThreadlessLoop()
        around = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return self._here.run_until_complete(_awaited(watched)), watched.suspended_ms
        except BaseException as error:
            setattr(error, SUSPENDED, watched.suspended_ms)
            raise
        finally:
            asyncio._set_running_loop(around)

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


class _Sleeper:
    """Takes the place of a selector where there are no sockets: waits for time alone."""

    def select(self, timeout: float | None) -> list[Any]:
        # Without an end it waits in slices, so that an interrupt gets through.
        sleep(0.05 if timeout is None else timeout)
        return []


class _ThreadlessLoop(asyncio.BaseEventLoop):
    """Coroutines and timers, no more."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Sleeper()

    def _process_events(self, _: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


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
