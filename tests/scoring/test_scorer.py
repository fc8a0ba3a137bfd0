"""Photos scored by each readout, with a judge whose numbers can be worked out by hand."""

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.photos.decode import Decoded, FitSize, Picture, decode_photo
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Outcome, Photo, Readout, Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import ScoresOfOneRun
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import NUMBER, WHOLE, YES_NO, PromptTemplate, template_for
from lychee_rerank.scoring.scorer import PhotoScorer, score_photos
from tests.fakes import CountingDecoder, FakeEncoding, FakeJudge, FakePrompt
from tests.limits import WAIT_S
from tests.pictures import encode, make_plain, write_reds


def scores(judge: FakeJudge, photos: list[Photo], **settings: object) -> list[Score]:
    outcomes = list(score_photos(Engine(judge, decode_photo), parse_query("Red"), photos, **settings))  # type: ignore[arg-type]
    return [outcome.score for outcome in outcomes if isinstance(outcome, ScoredPhoto)]


@pytest.mark.parametrize(
    ("readout", "template", "values", "answers", "rule"),
    [
        (Readout.NUMBER, NUMBER, [10.0, 6.1, 0.0], ["10.0", "6.1", "0.0"], Rule.WHOLE_ANSWER),
        (Readout.EXPECTED, WHOLE, [10.0, 6.0, 0.0], ["1", "6", "0"], Rule.EXPECTED),
        (Readout.YES_NO, YES_NO, [10.0, 155 / 25.5, 0.0], ["yes", "yes", "no"], Rule.YES_NO),
    ],
)
def test_each_readout_has_its_own_prompt_and_reads_the_score_in_its_own_way(
    tmp_path: Path, readout: Readout, template: PromptTemplate, values: list[float], answers: list[str], rule: Rule
) -> None:
    judge = FakeJudge(label_mass=0.5)
    found = scores(judge, write_reds(tmp_path, [255, 155, 0]), readout=readout)
    assert [score.value for score in found] == pytest.approx(values)
    assert [score.answer for score in found] == answers
    assert [score.expected for score in found] == pytest.approx(values)
    assert [score.label_mass for score in found] == pytest.approx([0.5] * 3)
    assert {score.rule for score in found} == {rule}
    assert (judge.templates, judge.queries, judge.answers) == ([template], ["red"], 3)


def test_a_template_of_the_users_own_takes_the_place_of_the_readouts(tmp_path: Path) -> None:
    judge, own = FakeJudge(), template_for(Readout.EXPECTED, user="{query}{photo}")
    (score,) = scores(judge, write_reds(tmp_path, [155]), readout=Readout.EXPECTED, template=own)
    assert (judge.templates, score.rule) == ([own], Rule.EXPECTED)


def test_without_a_readout_the_answer_is_read_as_a_number(tmp_path: Path) -> None:
    judge = FakeJudge()
    assert scores(judge, write_reds(tmp_path, [102]))[0].value == 4.0
    assert judge.templates == [NUMBER]


def remembering(judge: FakeJudge, max_bytes: int = 10_000) -> Engine:
    return Engine(judge, decode_photo, memory=PhotoMemory(max_bytes))


def by_index(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda outcome: outcome.index)


def test_a_second_query_encodes_no_photo_again_and_gives_the_same_scores(tmp_path: Path) -> None:
    judge, photos = FakeJudge(generate_batch=4), write_reds(tmp_path, [255, 102, 51, 0, 204])
    engine = remembering(judge)
    first = by_index(score_photos(engine, parse_query("red"), photos))
    second = by_index(score_photos(engine, parse_query("redder"), photos))
    assert (judge.encoded, judge.batches) == (5, [4, 1, 4, 1])
    assert [outcome.score for outcome in first] == [outcome.score for outcome in second]  # type: ignore[union-attr]
    assert first == by_index(score_photos(Engine(FakeJudge(), decode_photo), parse_query("red"), photos))


def test_a_remembered_photo_is_not_even_read_again_unless_it_changed(tmp_path: Path) -> None:
    judge, photos, decode = FakeJudge(), write_reds(tmp_path, [255, 102]), CountingDecoder()
    engine = Engine(judge, decode, memory=PhotoMemory(10_000))
    list(score_photos(engine, parse_query("red"), photos))
    list(score_photos(engine, parse_query("redder"), photos))
    assert len(decode.sizes_bytes) == 2
    photos[0].path.write_bytes(encode(make_plain((0, 0, 0), size=(20, 20)), "PNG"))
    (changed, _) = by_index(score_photos(engine, parse_query("reddest"), photos))
    assert changed.score.value == 0.0  # type: ignore[union-attr]
    assert len(decode.sizes_bytes) == 3


def test_what_is_remembered_is_scored_first(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [255, 102, 51, 0])
    engine = remembering(judge)
    list(score_photos(engine, parse_query("red"), photos[2:]))
    assert [outcome.index for outcome in score_photos(engine, parse_query("redder"), photos)] == [2, 3, 0, 1]
    assert judge.encoded == 4


def test_a_gallery_larger_than_the_memory_still_saves_all_that_fits(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, range(30))
    engine = remembering(judge, max_bytes=20 * 100)  # an encoded photo takes 100
    list(score_photos(engine, parse_query("red"), photos))
    judge.encoded = 0
    list(score_photos(engine, parse_query("redder"), photos))
    assert judge.encoded == 10


def test_the_readouts_of_one_prompt_share_what_is_remembered(tmp_path: Path) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [255, 102])
    engine = remembering(judge)
    for readout in (Readout.NUMBER, Readout.EXPECTED):
        list(score_photos(engine, parse_query("red"), photos, readout=readout))
    assert judge.encoded == 2
    list(score_photos(engine, parse_query("red"), photos, readout=Readout.YES_NO))
    assert judge.encoded == 4  # its photo stands behind the query


def test_new_photos_are_answered_in_batches_and_no_photo_waits_for_more_than_eight(tmp_path: Path) -> None:
    judge = FakeJudge(generate_batch=32)
    assert (
        len(list(score_photos(Engine(judge, decode_photo), parse_query("red"), write_reds(tmp_path, range(20))))) == 20
    )
    assert judge.batches == [8, 8, 4]


def test_remembered_photos_are_answered_in_larger_batches(tmp_path: Path) -> None:
    judge, photos = FakeJudge(generate_batch=32), write_reds(tmp_path, range(40))
    engine = remembering(judge)
    list(score_photos(engine, parse_query("red"), photos))
    judge.batches.clear()
    list(score_photos(engine, parse_query("redder"), photos))
    assert judge.batches == [32, 8]


def test_the_photo_that_spoils_its_batch_is_found_and_the_others_scored(tmp_path: Path) -> None:
    judge, photos = FakeJudge(generate_batch=8), write_reds(tmp_path, range(100, 108))
    judge.fails_at(red=103, error=PhotoRefused(RefusalReason.NOT_FINITE))
    outcomes = by_index(score_photos(Engine(judge, decode_photo), parse_query("red"), photos))
    assert [isinstance(outcome, ScoredPhoto) for outcome in outcomes] == [index != 3 for index in range(8)]
    assert outcomes[3] == Refusal(3, "103.png", RefusalReason.NOT_FINITE)
    assert judge.batches == [8, 4, 2, 2, 1, 1, 4]


def test_the_same_photo_twice_is_encoded_once_and_answered_once(tmp_path: Path) -> None:
    judge, (photo, other) = FakeJudge(generate_batch=8), write_reds(tmp_path, [255, 102])
    outcomes = by_index(score_photos(Engine(judge, decode_photo), parse_query("red"), [photo, other, photo, photo]))
    assert [outcome.score.value for outcome in outcomes] == [10.0, 4.0, 10.0, 10.0]  # type: ignore[union-attr]
    assert (judge.encoded, judge.answers) == (2, 2)


def test_what_was_encoded_is_answered_when_a_run_ends_early(tmp_path: Path) -> None:
    judge, photos = FakeJudge(generate_batch=8), write_reds(tmp_path, range(20))
    scorer = PhotoScorer(Engine(judge, decode_photo))
    steps = scorer.steps({parse_query("red"): list(enumerate(photos))})
    assert [next(steps) for _ in range(3)] == [[], [], []]
    assert [outcome.index for outcome in scorer.finish()] == [0, 1, 2]
    steps.close()
    assert judge.answers == 3


def test_photos_of_one_query_are_answered_together_and_never_with_those_of_another(tmp_path: Path) -> None:
    judge, numbered = FakeJudge(generate_batch=8, encode_batch=8), list(enumerate(write_reds(tmp_path, range(6))))
    steps = PhotoScorer(Engine(judge, decode_photo)).steps(
        {parse_query("Red"): numbered[:2], parse_query("blue"): numbered[2:]}
    )
    outcomes = by_index(outcome for step in steps for outcome in step)
    assert [outcome.index for outcome in outcomes] == list(range(6))
    assert (judge.queries, judge.batches) == (["red", "blue"], [2, 4])


def test_a_photo_is_scored_once_under_each_query_and_kept_there(tmp_path: Path) -> None:
    judge, (photo,) = FakeJudge(), write_reds(tmp_path, [102])
    red, blue = parse_query("red"), parse_query("blue")
    known = {red: ScoresOfOneRun(), blue: ScoresOfOneRun()}
    scorer = PhotoScorer(remembering(judge), known_for=known.__getitem__)
    steps = scorer.steps({red: [(0, photo), (1, photo)], blue: [(2, photo)]})
    assert len([outcome for step in steps for outcome in step]) == 3
    assert (judge.encoded, judge.answers, [len(scores) for scores in known.values()]) == (1, 2, [1, 1])


def test_the_next_querys_photo_is_prepared_while_the_model_generates_for_this_one(tmp_path: Path) -> None:
    judge, photos, prepared, was_prepared = FakeJudge(), write_reds(tmp_path, [1, 2]), threading.Event(), list[bool]()
    second = photos[1].path.read_bytes()

    def decode(content: bytes, *, fit: FitSize | None = None) -> Decoded:
        if content == second:
            prepared.set()
        return decode_photo(content, fit=fit)

    judge.before_generate = lambda: was_prepared.append(prepared.wait(WAIT_S))
    steps = PhotoScorer(Engine(judge, decode=decode)).steps(
        {parse_query("red"): [(0, photos[0])], parse_query("blue"): [(1, photos[1])]}
    )
    assert len([outcome for step in steps for outcome in step]) == 2
    assert was_prepared == [True, True]


class Blaming(dict[str, Score]):
    """Knows no score, and blames some photos."""

    def __init__(self, *blamed: str) -> None:
        self.names = set(blamed)

    def find(self, photo_hash: str) -> Score | None:
        return None

    def keep(self, photo_hash: str, score: Score) -> None:
        self[photo_hash] = score

    def blame(self, photo_hash: str) -> None:
        self.names.add(photo_hash)

    def blamed(self, photo_hash: str) -> bool:
        return photo_hash in self.names


def test_a_lost_gpu_blames_its_batch_whose_photos_are_tried_one_by_one_from_then_on(tmp_path: Path) -> None:
    judge, photos = FakeJudge(generate_batch=4), write_reds(tmp_path, range(100, 106))
    judge.fails_at(red=102, error=DeviceLost("gone"))
    known = Blaming()
    with pytest.raises(DeviceLost):
        list(score_photos(Engine(judge, decode_photo), parse_query("red"), photos, known=known))
    hashes = [hashlib.sha256(photo.path.read_bytes()).hexdigest() for photo in photos]
    assert known.names == set(hashes[:4])
    judge.batches.clear()
    judge.failure = None
    assert len(list(score_photos(Engine(judge, decode_photo), parse_query("red"), photos, known=known))) == 6
    assert judge.batches == [1, 1, 1, 1, 2]


def test_small_photos_are_encoded_together_and_the_one_at_fault_is_refused_alone(tmp_path: Path) -> None:
    judge, photos = FakeJudge(generate_batch=8, encode_batch=4), write_reds(tmp_path, range(100, 110))
    photos[2].path.write_bytes(b"no picture")
    outcomes = by_index(score_photos(Engine(judge, decode_photo), parse_query("red"), photos))
    assert [outcome.index for outcome in outcomes] == list(range(10))
    assert [isinstance(outcome, ScoredPhoto) for outcome in outcomes] == [index != 2 for index in range(10)]
    assert (judge.encoded, judge.batches) == (9, [8, 1])


def test_a_batch_that_fails_to_encode_is_halved_down_to_the_photo_at_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, photos = FakeJudge(generate_batch=8, encode_batch=4), write_reds(tmp_path, range(100, 104))
    tried: list[int] = []

    def encode(self: FakePrompt, prepared: list[Picture]) -> list[FakeEncoding]:
        tried.append(len(prepared))
        if any(picture.getpixel((14, 14))[0] == 102 for picture in prepared):  # type: ignore[index]
            raise PhotoRefused(RefusalReason.OUT_OF_MEMORY)
        return [FakeEncoding(picture) for picture in prepared]

    monkeypatch.setattr(FakePrompt, "encode", encode)
    outcomes = by_index(score_photos(Engine(judge, decode_photo), parse_query("red"), photos))
    assert outcomes[2] == Refusal(2, "102.png", RefusalReason.OUT_OF_MEMORY)
    assert sum(isinstance(outcome, ScoredPhoto) for outcome in outcomes) == 3
    assert tried == [4, 2, 2, 1, 1]


def test_where_memory_lacks_what_is_remembered_is_given_back_before_a_photo_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, photos = FakeJudge(generate_batch=4), write_reds(tmp_path, [255, 102, 51])
    engine = remembering(judge)
    list(score_photos(engine, parse_query("red"), photos[:2]))
    encode = FakePrompt.encode

    def encode_where_there_is_room(self: FakePrompt, prepared: list[Picture]) -> list[FakeEncoding]:
        if engine.memory.used_bytes:
            raise PhotoRefused(RefusalReason.OUT_OF_MEMORY)
        return encode(self, prepared)

    monkeypatch.setattr(FakePrompt, "encode", encode_where_there_is_room)
    outcomes = by_index(score_photos(engine, parse_query("redder"), photos))
    assert [type(outcome) for outcome in outcomes] == [ScoredPhoto] * 3
    assert judge.encoded == 3


def test_a_run_ends_with_freed_memory_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    monkeypatch.setattr("lychee_rerank.scoring.scorer.trim_memory", lambda: given_back.append(1))
    steps = score_photos(Engine(FakeJudge(), decode_photo), parse_query("red"), write_reds(tmp_path, [255, 102]))
    next(steps)
    assert not given_back
    assert len(list(steps)) == 1
    assert given_back == [1]


def test_a_run_by_itself_knows_the_scores_it_gave_and_blames_no_photo() -> None:
    known, score = ScoresOfOneRun(), Score(7.5, 7.25, 0.9, "7.5", Rule.WHOLE_ANSWER)
    assert known.find("photo") is None
    known.keep("photo", score)
    known.blame("photo")
    assert (known.find("photo"), known.blamed("photo")) == (score, False)
