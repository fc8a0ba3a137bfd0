"""Whose turn is next."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from lychee_rerank.jobs.fair_queue import FairQueue
from tests.limits import WAIT_S


@dataclass
class Errand:
    """Something that an owner wants done."""

    owner: str
    name: str
    urgent: bool = False


def line_up(*errands: Errand) -> FairQueue[Errand]:
    turns = FairQueue[Errand]()
    for errand in errands:
        turns.add(errand)
    return turns


def next_names(turns: FairQueue[Errand], count: int) -> list[str]:
    return [turn.name for turn in (turns.next(0) for _ in range(count)) if turn]


def test_owners_take_turns_and_the_errands_of_one_wait_for_each_other() -> None:
    first = Errand("ann", "a1")
    turns = line_up(first, Errand("ann", "a2"), Errand("ben", "b1"))
    assert next_names(turns, 4) == ["a1", "b1", "a1", "b1"]
    turns.remove(first)
    assert next_names(turns, 2) == ["a2", "b1"]


def test_what_is_urgent_goes_before_the_rest_of_its_owner_and_before_nobody_else() -> None:
    turns = line_up(Errand("ann", "a1"), Errand("ben", "b1"))
    for n in (1, 2):
        turns.add(Errand("ben", f"urgent {n}", urgent=True))
    assert next_names(turns, 4) == ["a1", "urgent 1", "a1", "urgent 1"]


def test_there_is_no_turn_without_errands_nor_once_they_are_closed() -> None:
    assert line_up().next(0) is None
    errand = Errand("ann", "a1")
    turns = line_up(errand)
    turns.remove(errand)
    assert turns.next(0) is None
    turns = line_up(errand)
    turns.close()
    assert (turns.next(), turns.closed) == (None, True)


@pytest.mark.parametrize(
    "end", [lambda turns: turns.add(Errand("ann", "a1")), FairQueue.close], ids=["added", "closed"]
)
def test_who_waits_wakes_at_the_first_errand_and_when_there_will_be_none(
    monkeypatch: pytest.MonkeyPatch, end: Callable[[FairQueue[Errand]], None]
) -> None:
    waits = threading.Event()

    class Watched(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            waits.set()
            return super().wait(timeout)

    monkeypatch.setattr(threading, "Condition", Watched)
    turns, found = FairQueue[Errand](), []
    monkeypatch.undo()
    waiter = threading.Thread(target=lambda: found.append(turns.next()), daemon=True)
    waiter.start()
    assert waits.wait(WAIT_S)
    end(turns)
    waiter.join(WAIT_S)
    assert found == [None if turns.closed else Errand("ann", "a1")]


def test_what_is_not_in_the_line_is_removed_without_a_word_and_a_line_that_is_empty_is_nobodys_turn() -> None:
    first = Errand("ann", "a1")
    turns = line_up(first, Errand("ben", "b1"))
    for errand in (Errand("ann", "never"), Errand("cho", "never"), first, first):
        turns.remove(errand)
    assert next_names(turns, 2) == ["b1", "b1"]
