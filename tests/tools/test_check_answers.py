"""How explanations are counted."""

import sys

from lychee_rerank.settings import PROJECT_FOLDER

sys.path.insert(0, str(PROJECT_FOLDER / "tools"))

from check_answers import Tally


def test_an_explanation_is_held_against_the_one_that_is_due() -> None:
    tally, due = Tally(), "6.7 out of 10: seen are sofa, dog. Not seen: coffee."
    for told in (due, "6.7 out of 10: seen are sofa. Not seen: dog, coffee.", "6.0分：看到了沙发。"):
        tally.add(told, due)
    assert str(tally) == "2 of 3 begin with the score, 2 of 3 are in its language, 1 of 3 right"
