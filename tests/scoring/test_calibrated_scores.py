"""Scores through a map: kept with the model's own, found again without the model, on one scale with quick looks."""

from pathlib import Path

from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look, Outcome, Photo, Readout, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.scoring.cache_keys import ScoreKey, build_key, own_key
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import NUMBER
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst, QuickLookPlan, QuickLooks
from lychee_rerank.scoring.scorer import score_photos
from lychee_rerank.store.store import Store
from tests.fakes import CARD, FakeJudge
from tests.maps import LEVEL, MAP
from tests.pictures import write_reds

QUERY = parse_query("red")


def key_of(calibration: Calibration | None) -> ScoreKey:
    return build_key(CARD, QUERY, readout=Readout.NUMBER, template=NUMBER, calibration=calibration)


def score(
    judge: FakeJudge, photos: list[Photo], store: Store, calibration: Calibration | None
) -> list[tuple[float, float | None]]:
    """Value and own score of each photo."""
    known = store.scores.of(key_of(calibration))
    outcomes = score_photos(Engine(judge, decode_photo), QUERY, photos, calibration=calibration, known=known)
    scored = sorted((one for one in outcomes if isinstance(one, ScoredPhoto)), key=lambda one: one.index)
    return [(one.score.value, one.score.raw) for one in scored]


def test_without_a_map_keys_are_those_of_before_and_a_map_stands_behind_them() -> None:
    plain, mapped = key_of(None).of("photo"), key_of(LEVEL).of("photo")
    assert plain.isalnum()
    assert (own_key(mapped), own_key(plain)) == (plain, plain)
    assert mapped not in (plain, key_of(MAP).of("photo"))
    assert "calibration" not in key_of(None).fields
    assert key_of(LEVEL).fields == key_of(None).fields | {"calibration": LEVEL.key}


def test_scores_that_are_kept_are_mapped_without_the_model_whichever_map_is_set(tmp_path: Path) -> None:
    photos = write_reds(tmp_path, [255, 51])
    own, level = [(10.0, None), (2.0, None)], [(4.0, 10.0), (4.0, 2.0)]
    judge = FakeJudge()
    assert score(judge, photos, Store(tmp_path), None) == own
    for calibration, scores in ((LEVEL, level), (None, own), (MAP, [(7.0, 10.0), (1.0, 2.0)]), (LEVEL, level)):
        assert score(judge, photos, Store(tmp_path), calibration) == scores
    assert judge.answers == 2


def test_scores_that_were_kept_through_a_map_are_the_models_own_without_it(tmp_path: Path) -> None:
    photos, judge = write_reds(tmp_path, [255]), FakeJudge()
    assert score(judge, photos, Store(tmp_path), LEVEL) == [(4.0, 10.0)]
    assert score(judge, photos, Store(tmp_path), None) == [(10.0, None)]
    assert score(judge, photos, Store(tmp_path), MAP) == [(7.0, 10.0)]
    assert judge.answers == 1


def test_where_the_map_is_level_the_models_own_scores_rank_and_photos_are_tied_by_them(tmp_path: Path) -> None:
    photos = write_reds(tmp_path, {f"{n}.png": red for n, red in enumerate((51, 255, 102, 153, 102))})
    outcomes = score_photos(Engine(FakeJudge(), decode_photo), QUERY, photos, calibration=LEVEL)
    ranked = rank_photos(one for one in outcomes if isinstance(one, ScoredPhoto))
    assert [(one.scored.index, one.scored.score.value, one.tied) for one in ranked] == [
        (1, 4.0, False),
        (3, 4.0, False),
        (2, 4.0, True),
        (4, 4.0, True),
        (0, 4.0, False),
    ]


def run(scorer: MostPromisingFirst, photos: list[Photo]) -> list[ScoredPhoto]:
    outcomes: list[Outcome] = [one for step in scorer.steps({QUERY: list(enumerate(photos))}) for one in step]
    return [one for one in outcomes if isinstance(one, ScoredPhoto)]


def test_quick_looks_go_through_the_same_map_and_the_models_own_scores_say_what_comes_next(tmp_path: Path) -> None:
    photos, always = write_reds(tmp_path, [51, 255, 102]), QuickLookPlan(QuickLooks.ALWAYS)
    engine = Engine(FakeJudge(), decode_photo)
    plain, mapped = (
        run(MostPromisingFirst(engine, always, calibration=calibration), photos) for calibration in (None, LEVEL)
    )
    assert [(one.look, one.index) for one in mapped] == [(one.look, one.index) for one in plain]
    assert [one.score for one in mapped] == [LEVEL.apply(one.score) for one in plain]
    assert [one.index for one in mapped if one.look is Look.FULL] == [1, 2, 0]
    assert {one.score.value for one in mapped} == {4.0}


def test_a_full_score_that_is_known_without_the_map_takes_the_quick_ones_place_under_its_own_key(
    tmp_path: Path,
) -> None:
    photos, store, judge = write_reds(tmp_path, [51, 255]), Store(tmp_path), FakeJudge()
    engine = Engine(judge, decode_photo)
    run(MostPromisingFirst(engine, NO_QUICK_LOOKS, known_for=store.scores.of), photos)
    scorer = MostPromisingFirst(engine, QuickLookPlan(QuickLooks.ALWAYS), calibration=LEVEL, known_for=store.scores.of)
    scored = run(scorer, photos)
    assert [(one.look, one.score.value, one.score.raw) for one in scored] == [
        (Look.FULL, 4.0, 2.0),
        (Look.FULL, 4.0, 10.0),
    ]
    assert (judge.answers, judge.quick and judge.quick.answers) == (2, 0)
    kept = store.database.rows("SELECT key, value FROM scores WHERE raw IS NOT NULL")
    assert {row["key"] for row in kept} == {scorer.key_of(QUERY, Look.FULL).of(one.photo_hash) for one in scored}
