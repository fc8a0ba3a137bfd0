"""What a million would take: worked out by hand from what was measured."""

import pytest

from lychee_rerank.bulk.pace import Pace
from lychee_rerank.bulk.part_scorer import FinishedPart
from lychee_rerank.bulk.plan import Measured, plan_lines
from lychee_rerank.bulk.staff import Machine, Staff, choose_staff


def test_the_pace_is_timed_from_the_first_part_on() -> None:
    now_s = 100.0
    pace = Pace(1000, photos=200, clock=lambda: now_s)
    assert (pace.per_second, pace.left_s) == (None, None)
    pace.add(FinishedPart(1, 100, 3))
    assert (pace.per_second, pace.left_s) == (None, None)
    now_s = 110.0
    pace.add(FinishedPart(2, 100, 0))
    assert (pace.photos, pace.refused, pace.per_second, pace.left_s) == (400, 3, 10.0, pytest.approx(60.0))


def test_every_figure_follows_from_the_minute() -> None:
    measured = Measured(
        photos=600,
        seconds=60.0,
        row_bytes=100.0,
        photo_bytes=500_000,
        queries=3,
        workers=2,
        model="demo",
    )
    text = "\n".join(plan_lines(measured))
    assert "600 photos x 3 queries in 60 s by 2 workers: 10.0 photos/s, 30.0 rows/s" in text
    assert "27.8 on 1, 13.9 on 2, 6.9 on 4, 3.5 on 8 machines" in text
    assert "5.0 MB/s" in text
    assert "300 MB of results" in text
    assert "400 photos of each machine at most are scored again: 40 s" in text
    assert text.count("assumes: ") == 4


@pytest.mark.parametrize(
    ("machines", "wanted", "on_gpu", "small", "staff"),
    [
        ([Machine(16, 0)], None, True, False, Staff(1, 16, 0, 1)),  # a large model on one CPU has all of its cores
        ([Machine(16, 0)], 4, True, False, Staff(4, 4, 0, 4)),
        ([Machine(4, 0)], 9, True, True, Staff(4, 1, 0, 4)),
        ([Machine(2, 0)], None, True, True, Staff(2, 1, 0, 2)),
        ([Machine(4, 2), Machine(4, 1)], None, True, False, Staff(3, 0, 1, 2)),
        ([Machine(2, 8)], None, True, False, Staff(8, 0, 1, 8)),
        ([Machine(4, 2)], 1, True, False, Staff(1, 0, 1, 1)),
        ([Machine(4, 2)], None, False, False, Staff(1, 4, 0, 1)),
        ([Machine(0, 0), Machine(8, 0)], None, True, False, Staff(1, 8, 0, 1)),  # a head that does no work
        ([Machine(0, 0)], None, True, False, Staff(1, 1, 0, 1)),  # waits for a core
        ([Machine(8, 0)] * 3, None, False, False, Staff(3, 8, 0, 1)),  # servers: each machine asks them
    ],
)
def test_so_many_workers_with_so_much_each(
    machines: list[Machine], wanted: int | None, on_gpu: bool, small: bool, staff: Staff
) -> None:
    assert choose_staff(machines, wanted, on_gpu=on_gpu, small=small) == staff
