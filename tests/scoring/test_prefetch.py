"""Things are prefetched on threads while earlier ones are in use."""

import threading
from contextlib import closing

import pytest

from lychee_rerank.scoring.prefetch import prefetch
from tests.limits import WAIT_S


def test_things_come_in_order_each_with_what_was_made_of_it() -> None:
    made = [(thing, future.result()) for thing, future in prefetch(lambda n: n * n, range(50), depth=4, threads=3)]
    assert made == [(n, n * n) for n in range(50)]


def test_no_more_is_begun_than_the_depth_allows() -> None:
    begun, lock = [], threading.Lock()

    def make(n: int) -> int:
        with lock:
            begun.append(n)
        return n

    with closing(prefetch(make, range(100), depth=3, threads=2)) as prefetched:
        for taken, (_, future) in enumerate(prefetched):
            future.result()
            assert len(begun) <= taken + 1 + 3
            if taken == 10:
                break
    assert len(begun) < 20


def test_the_next_is_made_while_this_one_is_in_use() -> None:
    made = threading.Event()

    def make(n: int) -> int:
        if n == 1:
            made.set()
        return n

    with closing(prefetch(make, range(3), depth=1, threads=1)) as prefetched:
        next(prefetched)
        assert made.wait(WAIT_S)  # nobody has taken it yet


def test_what_making_raises_is_raised_where_the_result_is_taken() -> None:
    (_, future), (_, other) = prefetch(lambda n: 1 // n, [0, 1], depth=2, threads=1)
    with pytest.raises(ZeroDivisionError):
        future.result()
    assert other.result() == 1


def test_once_closed_nothing_more_is_begun_and_what_is_under_way_is_not_waited_for() -> None:
    let_go, begun = threading.Event(), []

    def make(n: int) -> int:
        begun.append(n)
        let_go.wait(WAIT_S)
        return n

    prefetched = prefetch(make, range(10), depth=3, threads=1)
    _, first = next(prefetched)
    prefetched.close()
    assert not first.done()
    let_go.set()
    assert first.result(WAIT_S) == 0
    for thread in threading.enumerate():
        if thread.name.startswith("lychee-prefetch"):
            thread.join(WAIT_S)
    assert begun == [0]
