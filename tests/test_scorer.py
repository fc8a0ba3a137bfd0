"""Photos scored by each readout, with a judge whose numbers can be worked out by hand."""

from pathlib import Path

import pytest

from lychee_rerank.errors import QueryRefused
from lychee_rerank.prompts import NUMBER, WHOLE, YES_NO, PromptTemplate, explain, template_for
from lychee_rerank.records import Photo, Readout, Reason, Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.scorer import explain_score, score_photos
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain


def write_photos(folder: Path, *reds: int) -> list[Photo]:
    photos = []
    for n, red in enumerate(reds):
        photos.append(Photo(f"{n}.png", folder / f"{n}.png"))
        photos[-1].path.write_bytes(encode(make_plain((red, n, 0)), "PNG"))
    return photos


def scores(judge: FakeJudge, photos: list[Photo], **settings: object) -> list[Score]:
    outcomes = list(score_photos(judge, "Red", photos, **settings))  # type: ignore[arg-type]
    return [outcome.score for outcome in outcomes if isinstance(outcome, ScoredPhoto)]


@pytest.mark.parametrize(
    ("readout", "template", "values", "answers", "rule"),
    [
        (Readout.NUMBER, NUMBER, [10.0, 6.1, 0.0], ["10.0", "6.1", "0.0"], Rule.WHOLE_ANSWER),
        (Readout.EXPECTED, WHOLE, [10.0, 6.0, 0.0], ["1", "6", "0"], Rule.EXPECTED),
        (Readout.YES_NO, YES_NO, [10.0, 155 / 25.5, 0.0], ["yes", "yes", "no"], Rule.YES_NO),
    ],
)
def test_each_readout_asks_with_its_own_prompt_and_reads_the_score_in_its_own_way(
    tmp_path: Path, readout: Readout, template: PromptTemplate, values: list[float], answers: list[str], rule: Rule
) -> None:
    judge = FakeJudge(sureness=0.5)
    found = scores(judge, write_photos(tmp_path, 255, 155, 0), readout=readout)
    assert [score.value for score in found] == pytest.approx(values)
    assert [score.answer for score in found] == answers
    assert [score.expected for score in found] == pytest.approx(values)
    assert [score.label_mass for score in found] == pytest.approx([0.5] * 3)
    assert {score.rule for score in found} == {rule}
    assert (judge.templates, judge.questions, judge.answers) == ([template], ["red"], 3)


def test_a_template_of_the_users_own_takes_the_place_of_the_readouts(tmp_path: Path) -> None:
    judge, own = FakeJudge(), template_for(Readout.EXPECTED, user="{query}{photo}")
    (score,) = scores(judge, write_photos(tmp_path, 155), readout=Readout.EXPECTED, template=own)
    assert (judge.templates, score.rule) == ([own], Rule.EXPECTED)


def test_without_a_readout_the_answer_is_read_as_a_number(tmp_path: Path) -> None:
    judge = FakeJudge()
    assert scores(judge, write_photos(tmp_path, 102))[0].value == 4.0
    assert judge.templates == [NUMBER]


def test_the_explanation_is_asked_for_with_the_score_and_is_the_whole_answer(tmp_path: Path) -> None:
    judge = FakeJudge(says=" 7 lamps are seen.\n没有沙发。 ")
    (photo,) = write_photos(tmp_path, 102)
    assert explain_score(judge, "Red  lamp", photo, score=6.7) == "7 lamps are seen.\n没有沙发。"
    assert (judge.templates, judge.questions) == ([explain(6.7)], ["red lamp"])
    judge.says = "x" * 500
    assert explain_score(judge, "red", photo, score=0.0) == "x" * 160


def test_what_cannot_be_explained_is_refused_with_its_reason(tmp_path: Path) -> None:
    gone = Photo("gone.jpg", tmp_path / "gone.jpg")
    assert explain_score(FakeJudge(), "red", gone, score=1.0) == Refusal(0, "gone.jpg", Reason.UNREADABLE)
    with pytest.raises(QueryRefused):
        explain_score(FakeJudge(), " ", gone, score=1.0)
