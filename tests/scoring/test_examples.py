"""Queries with an example: which prompt they get, how often the example is looked at, what ends the run."""

from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.errors import DeviceLost, ExampleRefused, PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.example import load_example
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Photo, Readout, ScoredPhoto
from lychee_rerank.scoring import examples
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.judge import ScoresOfOneRun
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import NUMBER, NUMBER_LIKE, WHOLE_LIKE, YES_NO_LIKE, explain_like, template_for
from lychee_rerank.scoring.quick_look import MostPromisingFirst, QuickLookPlan, QuickLooks
from lychee_rerank.scoring.scorer import PhotoScorer, score_photos
from tests.fakes import FakeEncoding, FakeJudge
from tests.maps import HALF
from tests.pictures import write_reds

RED = parse_query("red")


def like(photo: Photo, words: str = "") -> Query:
    return parse_query(words, load_example(photo))


def values(judge: FakeJudge, query: Query, photos: list[Photo], **settings: object) -> list[float]:
    outcomes = score_photos(Engine(judge, decode_photo), query, photos, **settings)  # type: ignore[arg-type]
    scored = sorted((one for one in outcomes if isinstance(one, ScoredPhoto)), key=lambda one: one.index)
    return [one.score.value for one in scored]


@pytest.mark.parametrize(
    ("readout", "template"),
    [(Readout.NUMBER, NUMBER_LIKE), (Readout.EXPECTED, WHOLE_LIKE), (Readout.YES_NO, YES_NO_LIKE)],
)
@pytest.mark.parametrize("words", ["", "but in blue"])
def test_photos_are_scored_by_the_prompt_for_an_example_which_is_looked_at_once(
    tmp_path: Path, readout: Readout, template: object, words: str
) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [204, 255, 0])
    found = values(judge, like(photos[0], words), photos, readout=readout)
    assert found.index(max(found)) == 0
    assert found[1] > found[2]
    assert (judge.templates, judge.queries, len(judge.examples)) == ([template], [words], 1)


def test_a_run_of_words_looks_at_no_example(tmp_path: Path) -> None:
    judge = FakeJudge()
    assert values(judge, RED, write_reds(tmp_path, [255, 0])) == [10.0, 0.0]
    assert (judge.templates, judge.examples) == ([NUMBER], [])


def test_the_users_own_prompt_has_the_example_where_it_wants_it(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [255])
    own = template_for(Readout.NUMBER, user="{example} {photo} {query}")
    values(judge, like(photos[0]), photos, template=own)
    values(judge, RED, photos, template=own)
    assert [template.user for template in judge.templates] == ["{example} {photo} {query}", " {photo} {query}"]


def test_quick_looks_and_full_ones_share_one_look_at_the_example(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [10, 20, 30])
    scorer = MostPromisingFirst(Engine(judge, decode_photo), QuickLookPlan(QuickLooks.ALWAYS))
    outcomes = [one for step in scorer.steps({like(photos[1]): list(enumerate(photos))}) for one in step]
    assert len(outcomes) == 6
    assert len(judge.examples) == 1


def test_photos_encoded_for_words_serve_an_example_and_the_other_way_round(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [255, 51, 102])
    engine = Engine(judge, decode_photo, PhotoMemory[FakeEncoding](1000))
    for query in (RED, like(photos[0]), parse_query("redder"), like(photos[1], "but in blue")):
        list(score_photos(engine, query, photos))
        assert judge.encoded == 3


def test_photos_are_encoded_anew_where_the_example_stands_before_them(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [255, 51, 102])
    engine = Engine(judge, decode_photo, PhotoMemory[FakeEncoding](1000))
    own = template_for(Readout.NUMBER, user="{example} {photo} {query}")
    for query, encoded in ((RED, 3), (like(photos[0]), 6), (RED, 6)):
        list(score_photos(engine, query, photos, template=own))
        assert judge.encoded == encoded


def test_an_example_is_scored_like_any_photo_where_it_is_one_of_them(tmp_path: Path) -> None:
    photos = write_reds(tmp_path, [255, 102])
    assert values(FakeJudge(), like(photos[1]), photos) == [4.0, 10.0]


def test_a_map_of_scores_for_words_is_not_applied_beside_an_example(tmp_path: Path) -> None:
    photos = write_reds(tmp_path, [255])
    assert values(FakeJudge(), RED, photos, calibration=HALF) == [5.0]
    assert values(FakeJudge(), like(photos[0]), photos, calibration=HALF) == [10.0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", RefusalReason.EMPTY),
        (b"hello", RefusalReason.NOT_A_PICTURE),
        (b"\xff\xd8\xff\xe0", RefusalReason.TRUNCATED),
    ],
)
def test_an_example_that_is_no_picture_ends_the_run(tmp_path: Path, content: bytes, reason: RefusalReason) -> None:
    path = tmp_path / "example.jpg"
    path.write_bytes(content)
    with pytest.raises(ExampleRefused) as refused:
        values(FakeJudge(), like(Photo("example.jpg", path)), write_reds(tmp_path, [255]))
    assert refused.value.reason is reason


def test_an_example_that_has_changed_since_it_was_chosen_ends_the_run(tmp_path: Path) -> None:
    red, blue = write_reds(tmp_path, [255, 0])
    query = like(red)
    red.path.write_bytes(blue.path.read_bytes())
    with pytest.raises(ExampleRefused):
        values(FakeJudge(), query, [blue])


def test_an_example_is_not_looked_at_where_every_score_is_known(tmp_path: Path) -> None:
    judge, photos, known = FakeJudge(), write_reds(tmp_path, [255, 51]), ScoresOfOneRun()
    query = like(photos[0])
    assert values(judge, query, photos, known=known) == values(judge, query, photos, known=known)
    assert len(judge.examples) == 1


class Full(FakeJudge):
    """Has no room for an example until its engine has given back what it remembers; then as `lost` says."""

    engine: Engine
    lost: bool = False

    def encode_example(self, picture: object) -> FakeEncoding:
        """Fails as a GPU does."""
        if self.lost:
            raise DeviceLost("gone")
        if self.engine.memory.used_bytes:
            raise PhotoRefused(RefusalReason.OUT_OF_MEMORY)
        return super().encode_example(picture)  # type: ignore[arg-type]


def test_what_is_remembered_gives_way_to_the_example(tmp_path: Path) -> None:
    judge, photos = Full(), write_reds(tmp_path, [255, 51])
    judge.engine = Engine(judge, decode_photo, PhotoMemory[FakeEncoding](1000))
    list(score_photos(judge.engine, RED, photos))
    assert len(list(score_photos(judge.engine, like(photos[0]), photos))) == 2
    assert len(judge.examples) == 1


class Blamed(ScoresOfOneRun):
    """Notes what is blamed, and refuses it once it was blamed twice."""

    def __init__(self) -> None:
        self.times: list[str] = []

    def find(self, photo_hash: str) -> None:
        """Nothing is known."""
        if self.times.count(photo_hash) >= 2:
            raise PhotoRefused(RefusalReason.SUSPECT)

    def blame(self, photo_hash: str) -> None:
        """Once more."""
        self.times.append(photo_hash)


def test_an_example_over_which_the_gpu_was_lost_twice_ends_the_run_and_no_photo_is_blamed(tmp_path: Path) -> None:
    judge, (photo, other), known = Full(), write_reds(tmp_path, [255, 51]), Blamed()
    judge.lost, judge.engine = True, Engine(judge, decode_photo)
    for error in (DeviceLost, DeviceLost, ExampleRefused):
        with pytest.raises(error):
            list(score_photos(judge.engine, like(photo), [other], known=known))
    assert set(known.times) == {load_example(photo).photo_hash}


def test_the_last_few_examples_are_at_hand(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, range(examples.MOST + 1))
    engine = Engine(judge, decode_photo)
    queries = [like(photo) for photo in photos]
    for query in (*queries, *queries[1:], queries[0]):
        scorer = PhotoScorer(engine, readout=Readout.EXPECTED)
        list(scorer.steps({query: [(0, photos[0])]}))
    assert len(judge.examples) == examples.MOST + 2


def test_a_score_is_explained_against_the_example_in_the_language_asked_for(tmp_path: Path) -> None:
    judge, (photo, other) = FakeJudge(), write_reds(tmp_path, [255, 51])
    engine = Engine(judge, decode_photo)
    assert explain_score(engine, like(photo), other, score=2.0, language="Chinese") == "2.0"
    assert explain_score(engine, like(photo), photo, score=7.0) == "10.0"
    assert judge.templates == [explain_like(2.0, language="Chinese"), explain_like(7.0, language="English")]
    assert len(judge.examples) == 1
    gone = replace(load_example(photo), path=tmp_path / "gone", photo_hash="another")
    with pytest.raises(ExampleRefused):
        explain_score(engine, parse_query("", gone), other, score=2.0)
