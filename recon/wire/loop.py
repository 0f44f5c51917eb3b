"""The one synchronous face of the wire."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Got = TypeVar("Got")
_FRESH = 1_000_000  # objects: some ten pages of a large answer


def run(coroutine: Coroutine[Any, Any, Got]) -> Got:
    """What the coroutine returns; works in a script and inside a running event loop, as Jupyter has one.

    Raises: whatever the coroutine raises. An interrupt cancels the coroutine, and waits until it has tidied up.
    """
    with _SELDOM:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(coroutine)
        return _run_beside(coroutine)


class _SeldomCollected:
    """A rare hunt for cycles meanwhile: a page is up to 80,000 fresh objects without one, and the hunt takes longer
    than the reading. What was usual before holds again when the last of several threads has ended. A host that wants
    none, or a rarer one, keeps its own, and so does one that sets its own meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._usual = gc.get_threshold()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._usual = gc.get_threshold()
                if 0 < self._usual[0] < _FRESH:
                    gc.set_threshold(_FRESH, *self._usual[1:])
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and gc.get_threshold() == (_FRESH, *self._usual[1:]):
                gc.set_threshold(*self._usual)


_SELDOM = _SeldomCollected()


def _run_beside(coroutine: Coroutine[Any, Any, Got]) -> Got:
    """Run in a thread with a loop of its own, since the loop of this thread is busy running the caller."""
    got: list[Got] = []
    failed: list[BaseException] = []
    under_way: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Got]]] = []

    async def watched() -> Got:
        task = asyncio.ensure_future(coroutine)
        under_way.append((asyncio.get_running_loop(), task))
        return await task

    def work() -> None:
        try:
            got.append(asyncio.run(watched()))
        except BaseException as fault:
            failed.append(fault)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="recon wire")
    thread.start()
    try:
        thread.join()
    except BaseException:
        for loop, task in under_way:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if failed:
        raise failed[0]
    return got[0]
