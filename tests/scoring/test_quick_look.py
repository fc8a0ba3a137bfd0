"""A quick look at every photo, then full looks, with a judge that reads the corner of a photo at a quick look."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look, Outcome, Photo, Readout, Refusal, ScoredPhoto
from lychee_rerank.scoring.cache_keys import ScoreKey
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import ScoresOfOneRun
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.quick_look import FEWEST, MostPromisingFirst, QuickLookPlan, QuickLooks
from lychee_rerank.scoring.scorer import score_photos
from lychee_rerank.store.encoded_files import EncodedFiles
from tests.fakes import CountingDecoder, FakeEncoding, FakeJudge
from tests.pictures import encode, make_plain

RED = parse_query("red")
ALWAYS = QuickLookPlan(QuickLooks.ALWAYS)


def write_photos(folder: Path, reds: Iterable[tuple[int, int]]) -> list[Photo]:
    """A photo for each red in full and red at a quick look."""
    photos = []
    for number, (red, quick_red) in enumerate(reds):
        picture = make_plain((red, 0, 0), size=(28, 28))
        picture.putpixel((0, 0), (quick_red, 0, 0))
        picture.putpixel((27, 27), (0, number, 0))  # no two files are the same
        photos.append(Photo(f"{number}.png", folder / f"{number}.png"))
        photos[-1].path.write_bytes(encode(picture, "PNG"))
    return photos


def looks(outcomes: Iterable[Outcome], look: Look) -> list[int]:
    """The places of the photos that had such a look, in the order of the looks."""
    return [one.index for one in outcomes if isinstance(one, ScoredPhoto) and one.look is look]


def run(scorer: MostPromisingFirst, photos: list[Photo]) -> list[Outcome]:
    return [outcome for step in scorer.steps({RED: list(enumerate(photos))}) for outcome in step]


class Kept(dict[ScoreKey, ScoresOfOneRun]):
    """The scores of several runs, by key."""

    def __missing__(self, key: ScoreKey) -> ScoresOfOneRun:
        self[key] = ScoresOfOneRun()
        return self[key]


def test_every_photo_has_a_quick_look_then_the_most_promising_has_a_full_one(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, [(10, 100), (20, 250), (30, 100), (40, 200)])
    outcomes = run(MostPromisingFirst(Engine(FakeJudge(), decode_photo), ALWAYS), photos)
    assert looks(outcomes[:4], Look.QUICK) == [0, 1, 2, 3]
    assert looks(outcomes[4:], Look.FULL) == [1, 3, 0, 2]  # a tie in upload order


@pytest.mark.parametrize("readout", Readout)
def test_in_the_end_everything_is_as_without_quick_looks(tmp_path: Path, readout: Readout) -> None:
    photos = write_photos(tmp_path, [(10, 100), (250, 0), (250, 100), (40, 200), (155, 155)])
    photos[2] = Photo("none.png", tmp_path / "none.png")
    engine = Engine(FakeJudge(label_mass=0.5), decode_photo)
    outcomes = run(MostPromisingFirst(engine, ALWAYS, readout=readout), photos)
    final = [one for one in outcomes if isinstance(one, Refusal) or one.look is Look.FULL]
    assert sorted(final, key=lambda one: one.index) == list(score_photos(engine, RED, photos, readout=readout))
    assert len(looks(outcomes, Look.QUICK)) == 4


@pytest.mark.parametrize(
    ("readout", "quick"), [(Readout.NUMBER, 6.45), (Readout.EXPECTED, 6.0), (Readout.YES_NO, 155 / 25.5)]
)
def test_a_quick_look_is_one_forward_pass_over_the_runs_own_prompt(
    tmp_path: Path, readout: Readout, quick: float
) -> None:
    judge = FakeJudge()
    scorer = MostPromisingFirst(Engine(judge, decode_photo), ALWAYS, readout=readout)
    assert judge.quick is not None
    tokens: list[int] = []
    judge.quick.after_token = lambda: tokens.append(1)
    first, _ = run(scorer, write_photos(tmp_path, [(0, 155)]))
    assert isinstance(first, ScoredPhoto)
    assert first.score.value == pytest.approx(quick)
    assert len(tokens) == (readout is not Readout.YES_NO)
    assert len(set(judge.templates)) == 1


def test_what_a_quick_look_refuses_is_decoded_once_and_named_at_once(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, [(10, 10), (20, 20)])
    photos[0].path.write_bytes(b"no picture at all")
    decode = CountingDecoder()
    outcomes = run(MostPromisingFirst(Engine(FakeJudge(), decode), ALWAYS), photos)
    assert isinstance(outcomes[0], Refusal)
    assert len(outcomes) == 3
    assert len(decode.sizes_bytes) == 3  # once the broken one, twice the other


@pytest.mark.parametrize(
    "reason", [RefusalReason.OUT_OF_MEMORY, RefusalReason.NOT_FINITE, RefusalReason.REFUSED_BY_SERVER]
)
def test_what_fails_at_the_model_in_a_quick_look_is_no_refusal(tmp_path: Path, reason: RefusalReason) -> None:
    judge = FakeJudge()
    scorer = MostPromisingFirst(Engine(judge, decode_photo), ALWAYS)
    assert judge.quick is not None
    judge.quick.fails_at(red=200, error=PhotoRefused(reason))
    outcomes = run(scorer, write_photos(tmp_path, [(10, 200), (20, 100)]))
    assert looks(outcomes, Look.QUICK) == [1]
    assert looks(outcomes, Look.FULL) == [1, 0]


def test_what_is_remembered_in_full_comes_first_and_what_is_known_in_full_is_not_looked_at(tmp_path: Path) -> None:
    photos, judge, kept = write_photos(tmp_path, [(10, 10), (20, 20), (30, 30)]), FakeJudge(), Kept()
    engine = Engine(judge, decode_photo, PhotoMemory[FakeEncoding](10**6))
    known = MostPromisingFirst(engine, QuickLookPlan(QuickLooks.NEVER), known_for=kept.__getitem__)
    run(known, photos[:1])
    run(MostPromisingFirst(engine, QuickLookPlan(QuickLooks.NEVER)), [photos[2]])
    outcomes = run(MostPromisingFirst(engine, ALWAYS, known_for=kept.__getitem__), photos)
    assert looks(outcomes, Look.QUICK) == [1]
    assert looks(outcomes, Look.FULL) == [0, 2, 1]
    assert judge.encoded == 3


def test_quick_looks_are_remembered_before_full_ones_and_the_next_query_goes_on_from_both(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, [(40 * number, 40 * number) for number in range(6)])
    judge = FakeJudge()
    room_for_eight = PhotoMemory[FakeEncoding](800)
    engine = Engine(judge, decode_photo, room_for_eight)
    run(MostPromisingFirst(engine, ALWAYS), photos)
    assert judge.quick is not None
    assert (judge.encoded, judge.quick.encoded, room_for_eight.used_bytes) == (6, 6, 800)
    outcomes = run(MostPromisingFirst(engine, ALWAYS), photos)
    assert (judge.encoded, judge.quick.encoded) == (6 + 4, 6)
    assert looks(outcomes, Look.FULL) == [4, 5, 3, 2, 1, 0]  # the two that are remembered in full had no quick look
    assert looks(outcomes, Look.QUICK) == [0, 1, 2, 3]


def test_quick_looks_of_an_earlier_process_are_read_from_files_and_full_ones_are_not_written(tmp_path: Path) -> None:
    photos, folder = write_photos(tmp_path, [(10, 20), (30, 200)]), tmp_path / "files"
    judge = FakeJudge()
    run(MostPromisingFirst(Engine(judge, decode_photo, files=EncodedFiles(folder, most_bytes=10**6)), ALWAYS), photos)
    assert len(list(folder.iterdir())) == 2
    judge, decode = FakeJudge(), CountingDecoder()
    engine = Engine(judge, decode, PhotoMemory[FakeEncoding](10**6), files=EncodedFiles(folder, most_bytes=10**6))
    outcomes = run(MostPromisingFirst(engine, ALWAYS), photos)
    assert judge.quick is not None
    assert (judge.quick.encoded, len(decode.sizes_bytes)) == (0, 2)
    assert looks(outcomes, Look.FULL) == [1, 0]
    assert engine.memory.used_bytes == 400  # what was read is remembered


def test_a_file_that_cannot_be_read_is_written_anew(tmp_path: Path) -> None:
    photos, folder = write_photos(tmp_path, [(10, 20), (30, 200)]), tmp_path / "files"
    for _ in range(2):
        judge = FakeJudge()
        files = EncodedFiles(folder, most_bytes=10**6)
        run(MostPromisingFirst(Engine(judge, decode_photo, files=files), ALWAYS), photos)
        assert judge.quick is not None
        assert judge.quick.encoded == 2
        for path in folder.iterdir():
            assert path.read_bytes().startswith(b"\x89PNG")
            path.write_bytes(b"half")


def test_a_run_that_goes_on_takes_no_second_quick_look(tmp_path: Path) -> None:
    photos, judge, kept = write_photos(tmp_path, [(10, 10), (20, 250), (30, 30)]), FakeJudge(), Kept()
    steps = MostPromisingFirst(Engine(judge, decode_photo), ALWAYS, known_for=kept.__getitem__).steps(
        {RED: list(enumerate(photos))}
    )
    while not looks(next(steps), Look.FULL):
        pass
    steps.close()
    assert judge.quick is not None
    assert judge.quick.answers == 3
    outcomes = run(MostPromisingFirst(Engine(judge, decode_photo), ALWAYS, known_for=kept.__getitem__), photos)
    assert judge.quick.answers == 3
    assert looks(outcomes, Look.QUICK) == [0, 2]
    assert looks(outcomes, Look.FULL) == [1, 2, 0]


@dataclass
class Costs:
    """What an answer takes at either look, on a clock of its own."""

    quick_s: float
    full_s: float
    now_s: float = 0.0

    def scorer(self, judge: FakeJudge) -> MostPromisingFirst:
        """One that decides for itself, by this clock."""
        scorer = MostPromisingFirst(Engine(judge, decode_photo), QuickLookPlan(), clock_s=lambda: self.now_s)
        assert judge.quick is not None
        judge.before_generate = lambda: self.take(self.full_s)
        judge.quick.before_generate = lambda: self.take(self.quick_s)
        return scorer

    def take(self, seconds: float) -> None:
        """Time goes by."""
        self.now_s += seconds


@pytest.mark.parametrize(("full_s", "quick_looks"), [(3.0, FEWEST), (2.9, 16)])
def test_quick_looks_are_taken_where_a_full_one_costs_three_times_as_much(
    tmp_path: Path, full_s: float, quick_looks: int
) -> None:
    photos = write_photos(tmp_path, [(number, 255 - number) for number in range(FEWEST)])
    outcomes = run(Costs(quick_s=1.0, full_s=full_s).scorer(FakeJudge()), photos)
    assert len(looks(outcomes, Look.QUICK)) == quick_looks
    full = looks(outcomes, Look.FULL)
    assert full[:8] == [0, 1, 2, 3, 8, 9, 10, 11]  # four of the first eight, twice
    assert full[8:16] == [4, 5, 6, 7, 12, 13, 14, 15]  # most promising first, and those in upload order that have none
    assert sorted(full) == list(range(FEWEST))


def test_below_sixty_photos_none_has_a_quick_look(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, [(number, number) for number in range(FEWEST - 1)])
    outcomes = run(Costs(quick_s=0.0, full_s=1.0).scorer(FakeJudge()), photos)
    assert looks(outcomes, Look.FULL) == list(range(FEWEST - 1))
    assert looks(outcomes, Look.QUICK) == []


def test_what_others_do_between_the_steps_does_not_count(tmp_path: Path) -> None:
    photos, costs = write_photos(tmp_path, [(number, 0) for number in range(FEWEST)]), Costs(quick_s=1.0, full_s=2.0)
    outcomes: list[Outcome] = []
    for step in costs.scorer(FakeJudge()).steps({RED: list(enumerate(photos))}):
        outcomes += step
        costs.take(100.0 if looks(step, Look.FULL) else 0.0)
    assert len(looks(outcomes, Look.QUICK)) == 16


def test_photos_with_queries_of_their_own_have_full_looks_alone(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, [(10, 10), (20, 20)])
    scorer = MostPromisingFirst(Engine(FakeJudge(), decode_photo), ALWAYS)
    pairs = {RED: [(0, photos[0])], parse_query("blue"): [(1, photos[1])]}
    assert looks([one for step in scorer.steps(pairs) for one in step], Look.QUICK) == []


def test_a_run_that_ends_early_keeps_both_kinds_of_what_waits_for_answers(tmp_path: Path) -> None:
    judge = FakeJudge(generate_batch=8)
    scorer = MostPromisingFirst(Engine(judge, decode_photo), ALWAYS)
    steps = scorer.steps({RED: list(enumerate(write_photos(tmp_path, [(10, 10), (20, 20)])))})
    assert next(steps) == []  # encoded
    assert looks(scorer.finish(), Look.QUICK) == [0]
    assert scorer.look is Look.QUICK
