"""Makes the next things ready on a few threads while the first are in use; knows no photo and no model."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Ready = TypeVar("Ready")


def make_ahead(
    make: Callable[[Thing], Ready], things: Iterable[Thing], *, ahead: int, threads: int
) -> Generator[tuple[Thing, "Future[Ready]"], None, None]:
    """Each thing with what `make` makes of it, in order; up to `ahead` of them are begun before they are asked for."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="lychee-ahead")
    begun: deque[tuple[Thing, Future[Ready]]] = deque()
    try:
        for thing in things:
            begun.append((thing, pool.submit(make, thing)))
            if len(begun) > ahead:
                yield begun.popleft()
        while begun:
            yield begun.popleft()
    finally:
        pool.shutdown(wait=False, cancel_futures=bool(begun))  # what was handed out may still be asked for
