"""The one synchronous face of the wire."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Got = TypeVar("Got")


def run(coroutine: Coroutine[Any, Any, Got]) -> Got:
    """What the coroutine returns; works in a script and inside a running event loop, as Jupyter has one.

    Raises: whatever the coroutine raises. An interrupt cancels the coroutine, and waits until it has tidied up.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    return _run_beside(coroutine)


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
