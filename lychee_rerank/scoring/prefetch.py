"""Prefetches on threads, in order; knows no photo and no model."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def prefetch(
    make: Callable[[Item], Made], items: Iterable[Item], *, depth: int, threads: int
) -> Generator[tuple[Item, "Future[Made]"], None, None]:
    """Each item with what `make` makes of it, in order; up to `depth` of them are begun before they are asked for."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="lychee-prefetch")
    begun: deque[tuple[Item, Future[Made]]] = deque()
    try:
        for item in items:
            begun.append((item, pool.submit(make, item)))
            if len(begun) > depth:
                yield begun.popleft()
        while begun:
            yield begun.popleft()
    finally:
        pool.shutdown(wait=False, cancel_futures=bool(begun))  # what was handed out may still be asked for
