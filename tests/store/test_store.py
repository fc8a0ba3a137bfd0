"""What is kept on disk: scores by key, runs, galleries; broken files, full disks, and what clearing leaves."""

import math
import sqlite3
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest

from lychee_rerank.errors import PhotoRefused, StorageFailed
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import PassedOver, RefusalReason, RowProblem
from lychee_rerank.query import parse_query
from lychee_rerank.records import (
    BadRow,
    Look,
    Pair,
    Pairs,
    Photo,
    Readout,
    Refusal,
    Rule,
    Run,
    Score,
    ScoredPhoto,
    StarsByHand,
)
from lychee_rerank.scoring.cache_keys import EncodingKey, ScoreKey, build_key
from lychee_rerank.scoring.prompts import NUMBER
from lychee_rerank.store.encoded_files import EncodedFiles
from lychee_rerank.store.retention import Retention
from lychee_rerank.store.schema import MIGRATIONS
from lychee_rerank.store.store import FILE_NAME, Store
from lychee_rerank.store.uploads import Uploads
from tests.fakes import CARD
from tests.pictures import encode, make_plain

KEY = build_key(replace(CARD, fingerprint="f"), parse_query("Red  things"), readout=Readout.NUMBER, template=NUMBER)
SCORE = Score(7.5, 7.25, 0.99, "7.5 of the marked answer", Rule.OUT_OF_TEN)
ANN, BEN = "ann", "ben"
A_DAY_S, A_MINUTE_S = 86_400, 60


def keep_run(
    store: Store, photos: list[Photo], *, run_id: str = "one", gallery: str | None = None, **of: object
) -> None:
    """A finished run of Ann's whose photos all have the same score, but for the last, which is refused."""
    run = replace(Run(run_id, ANN, gallery, parse_query("The  marked query"), tuple(photos), begun_s=time.time()), **of)
    store.runs.begin(run, status="waiting")
    scores = store.scores.of(KEY)
    for index, photo in enumerate(photos[:-1]):
        scores.keep(photo.path.name, SCORE)
        outcome = ScoredPhoto(index, photo.name, SCORE, photo.path.name)
        store.runs.note(run_id, outcome, score_key=KEY.of(photo.path.name), elapsed_s=1.0)
    refusal = Refusal(len(photos) - 1, photos[-1].name, RefusalReason.NOT_A_PICTURE, "HEIC")
    store.runs.note(run_id, refusal, score_key=None, elapsed_s=2.0)
    store.runs.start(run_id, status="running", key="{}", demo=True)
    store.runs.end(run_id, status="done", elapsed_s=3.0)


def files_of(folder: Path) -> EncodedFiles:
    return EncodedFiles(folder / "quick-looks", most_bytes=10**6)


def encoding_key(photo: Photo) -> EncodingKey:
    return EncodingKey("prefix", "model", "float32", "sdpa", 784, 1, photo.path.name)


def drop_photos(uploads: Uploads, count: int) -> list[Photo]:
    return [uploads.keep(f"marked-{n}.png", encode(make_plain((n, 2 * n, 3 * n)), "PNG")) for n in range(count)]


def test_a_score_is_found_again_by_another_process(tmp_path: Path) -> None:
    Store(tmp_path).scores.of(KEY).keep("photo", SCORE)
    scores = Store(tmp_path).scores.of(KEY)
    assert scores.find("photo") == SCORE
    assert scores.find("another") is None
    assert scores.reused == 1


@pytest.mark.parametrize("field", [field.name for field in fields(ScoreKey)])
def test_a_score_is_not_found_when_anything_differs_that_could_change_it(tmp_path: Path, field: str) -> None:
    store = Store(tmp_path)
    store.scores.of(KEY).keep("photo", SCORE)
    if field == "photo":
        assert store.scores.of(KEY).find("other") is None
        return
    value = getattr(KEY, field)
    other = replace(KEY, **{field: value + 1 if isinstance(value, int) else f"{value}?"})
    if field == "calibration":  # the model's own score, which is still to go through the map
        assert store.scores.of(other).find("photo") == SCORE
        return
    assert store.scores.of(other).find("photo") is None


def test_a_photo_that_took_the_gpu_down_twice_is_suspect(tmp_path: Path) -> None:
    for store in (Store(tmp_path), Store(tmp_path)):
        assert store.scores.of(KEY).find("photo") is None
        store.scores.of(KEY).blame("photo")
    with pytest.raises(PhotoRefused) as refused:
        Store(tmp_path).scores.of(KEY).find("photo")
    assert refused.value.reason is RefusalReason.SUSPECT


def test_a_file_is_hashed_again_only_when_it_has_changed(tmp_path: Path) -> None:
    store, path = Store(tmp_path), tmp_path / "weights"
    path.write_bytes(b"one")
    first = store.scores.hash_file(path)
    store.database.write(("UPDATE files SET hash = 'remembered'", ()))
    assert store.scores.hash_file(path) == "remembered"
    path.write_bytes(b"three")
    assert store.scores.hash_file(path) not in ("remembered", first)


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    outside = Photo("folder/名前.png", tmp_path.parent / "else" / "x.png")
    photos = [*drop_photos(uploads, 2), outside]
    keep_run(store, photos)
    kept = Store(tmp_path).runs.load("one")
    assert kept is not None
    assert (kept.run.query.text, kept.run.owner, kept.run.photos) == ("The  marked query", ANN, tuple(photos))
    assert [type(outcome) for outcome in kept.outcomes] == [ScoredPhoto, ScoredPhoto, Refusal]
    assert kept.outcomes[0] == ScoredPhoto(0, "marked-0.png", SCORE, photos[0].path.name)
    assert kept.outcomes[2] == Refusal(2, "folder/名前.png", RefusalReason.NOT_A_PICTURE, "HEIC")
    assert (kept.status, kept.elapsed_s, kept.demo) == ("done", 3.0, True)


def test_both_kinds_of_scores_come_back_and_go_with_their_run(tmp_path: Path) -> None:
    store, photos = Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 3)
    quick_key, quick_score = replace(KEY, pixel_budget_px=7), replace(SCORE, value=1.0)
    keep_run(store, photos)
    quick = [ScoredPhoto(n, photos[n].name, quick_score, photos[n].path.name, Look.QUICK) for n in (0, 2)]
    for photo in quick:
        store.scores.of(quick_key).keep(photo.photo_hash, quick_score)
        store.runs.note("one", photo, score_key=quick_key.of(photo.photo_hash), elapsed_s=4.0)
    kept = Store(tmp_path).runs.load("one")
    assert kept is not None
    assert list(kept.outcomes[:2]) == quick
    assert [type(outcome) for outcome in kept.outcomes[2:]] == [ScoredPhoto] * 2  # the third is refused no more
    store.upkeep.clear_run("one")
    assert store.database.rows("SELECT * FROM scores") == []


def test_a_score_that_went_through_a_map_comes_back_with_its_run_and_the_models_own_goes_with_it(
    tmp_path: Path,
) -> None:
    store, photos = Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 3)
    mapped_key, mapped = replace(KEY, calibration="m"), [replace(SCORE, value=4.0, raw=raw) for raw in (6.0, 7.0)]
    run = Run("one", ANN, None, parse_query("The  marked query"), tuple(photos), begun_s=1.0)
    store.runs.begin(run, status="done")
    for place, score in enumerate(mapped):
        store.scores.of(mapped_key).keep(photos[place].path.name, score)
        outcome = ScoredPhoto(place, photos[place].name, score, photos[place].path.name)
        store.runs.note("one", outcome, score_key=mapped_key.of(outcome.photo_hash), elapsed_s=1.0)
    kept = Store(tmp_path).runs.load("one")
    assert kept is not None
    assert [one.score for one in kept.outcomes if isinstance(one, ScoredPhoto)] == mapped
    assert [past.best for past in store.runs.past(ANN, most=1)] == [photos[1]]
    own = [Store(tmp_path).scores.of(KEY).find(photo.path.name) for photo in photos]
    assert own == [replace(SCORE, value=6.0), replace(SCORE, value=7.0), None]
    store.upkeep.clear_run("one")
    assert store.database.rows("SELECT * FROM scores") == []


def test_a_data_folder_may_be_moved(tmp_path: Path) -> None:
    folder, moved = tmp_path / "before", tmp_path / "after"
    keep_run(Store(folder), drop_photos(Uploads(folder, decode=decode_photo), 2))
    folder.rename(moved)
    kept = Store(moved).runs.load("one")
    assert kept is not None
    assert all(photo.path.is_file() for photo in kept.run.photos)


def test_past_runs_are_listed_for_their_owner_newest_first_with_the_best_photo(tmp_path: Path) -> None:
    store, photos = Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 2)
    keep_run(store, photos, run_id="old", begun_s=1.0)
    keep_run(store, photos, run_id="new", begun_s=2.0)
    store.runs.begin(Run("under way", ANN, None, parse_query("q"), tuple(photos), begun_s=3.0), status="running")
    past = store.runs.past(ANN, most=10)
    assert [(run.id, run.photos, run.best) for run in past] == [("new", 2, photos[0]), ("old", 2, photos[0])]
    assert store.runs.past(BEN, most=10) == ()
    assert len(store.runs.past(ANN, most=1)) == 1


def test_what_was_under_way_is_found_unfinished_oldest_first_with_what_came_of_it(tmp_path: Path) -> None:
    store, photos = Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 2)
    keep_run(store, photos, run_id="done", begun_s=0.5)
    for run_id, begun_s, status in (("young", 3.0, "waiting"), ("old", 1.0, "running"), ("stopped", 2.0, "cancelled")):
        store.runs.begin(Run(run_id, BEN, None, parse_query("q"), tuple(photos), begun_s=begun_s), status=status)
    refusal = Refusal(1, "marked-1.png", RefusalReason.EMPTY)
    store.runs.note("old", refusal, score_key=None, elapsed_s=4.0)
    old, young = Store(tmp_path).runs.unfinished()
    assert (old.run, old.status) == (Run("old", BEN, None, parse_query("q"), tuple(photos), begun_s=1.0), "running")
    assert (old.outcomes, old.elapsed_s) == ((refusal,), 4.0)
    assert (young.run.id, young.status, young.outcomes) == ("young", "waiting", ())


def test_a_gallery_is_its_owners_and_outlives_the_process(tmp_path: Path) -> None:
    store, (one, two) = Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 2)
    gallery = store.galleries.begin(ANN)
    for upload, photo in (("u1", one), ("u2", two), ("u1", two)):
        store.galleries.add(gallery, upload, photo)
    again = Store(tmp_path).galleries
    assert again.photos(gallery, ANN) == (one, two)
    assert again.photos(gallery, BEN) == ()
    assert (again.exists(gallery, ANN), again.exists(gallery, BEN)) == (True, False)


def test_an_upload_is_removed_from_its_gallery_alone_and_the_next_comes_last(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    one, two, three, four = drop_photos(uploads, 4)
    mine, other = store.galleries.begin(ANN), store.galleries.begin(ANN)
    for gallery in (mine, other):
        for upload, photo in (("u1", one), ("u2", two), ("u3", three)):
            store.galleries.add(gallery, upload, photo)
    assert store.upkeep.remove_uploads(mine, [one]) == ()
    store.galleries.add(mine, "u0", four)
    assert store.galleries.photos(mine, ANN) == (two, three, four)
    assert store.galleries.photos(other, ANN) == (one, two, three)
    retention = Retention(store.upkeep, uploads, files_of(tmp_path), days=1, most_bytes=10**9)
    retention.remove_uploads(other, [one, replace(two, name="another name")])
    assert store.galleries.photos(other, ANN) == (two, three)
    assert [photo.path.exists() for photo in (one, two, three, four)] == [False, True, True, True]


def test_an_upload_that_a_run_uses_is_kept(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    photos, gallery = drop_photos(uploads, 2), store.galleries.begin(ANN)
    store.galleries.add(gallery, "u1", photos[0])
    keep_run(store, photos, gallery=gallery)
    Retention(store.upkeep, uploads, files_of(tmp_path), days=1, most_bytes=10**9).remove_uploads(gallery, photos[:1])
    assert store.galleries.photos(gallery, ANN) == ()
    assert photos[0].path.exists()


def test_an_explanation_is_found_again_for_the_photo_and_the_score_that_it_is_of(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 3))
    store.explanations.keep("one", 1, score=0.1, text="said before")
    store.explanations.keep("one", 1, score=7.5, text="沙发 is seen.")
    again = Store(tmp_path).explanations
    assert again.find("one", 1, score=7.5) == "沙发 is seen."
    assert [again.find("one", 1, score=0.1), again.find("one", 0, score=7.5), again.find("two", 1, score=7.5)] == [
        None
    ] * 3


def test_an_explanation_that_comes_after_its_run_was_cleared_is_not_kept_and_stops_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 2))
    store.upkeep.clear_run("one")
    store.explanations.keep("one", 0, score=7.5, text="too late")
    assert store.database.saving
    assert store.database.rows("SELECT * FROM explanations") == []


def test_picks_are_found_again_and_change_place_by_place(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 3))
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 3), run_id="two")
    assert store.picks.of("one") == frozenset()
    store.picks.change("one", add=[0, 2])
    store.picks.change("one", add=[0, 1], remove=[2])  # 0 again, as from a second page
    assert (store.picks.of("one"), store.picks.of("two")) == ({0, 1}, frozenset())
    again = Store(tmp_path).picks
    assert (again.of("one"), again.of("two")) == ({0, 1}, frozenset())


def test_picks_that_come_after_their_run_was_cleared_are_not_kept_and_stop_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 2))
    store.picks.change("one", add=[0])
    store.upkeep.clear_run("one")
    assert store.picks.of("one") == frozenset()
    store.picks.change("one", add=[1], remove=[0])
    assert store.database.saving
    assert store.database.rows("SELECT * FROM picks") == []


def test_stars_and_rejections_are_found_again_and_one_takes_the_place_of_the_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 4))
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 4), run_id="two")
    assert store.stars.of("one") == StarsByHand()
    for place, stars in ((0, 3), (0, 5), (1, 1), (2, 2)):
        store.stars.give("one", place, stars=stars)
    store.stars.reject("one", 1)
    store.stars.reject("one", 3)
    assert store.stars.of("one") == StarsByHand({0: 5, 2: 2}, frozenset({1, 3}))
    store.stars.give("one", 3, stars=4)
    store.stars.take_back("one", 2)
    for stars in (store.stars, Store(tmp_path).stars):
        assert stars.of("one") == StarsByHand({0: 5, 3: 4}, frozenset({1}))
        assert stars.of("two") == StarsByHand()


def test_stars_go_with_their_run_and_none_that_come_later_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 2))
    store.stars.give("one", 0, stars=3)
    store.stars.reject("one", 1)
    assert len(store.database.rows("SELECT * FROM stars")) == 2
    store.upkeep.clear_run("one")
    assert store.database.rows("SELECT * FROM stars") == []
    store.stars.give("one", 0, stars=3)
    store.stars.reject("one", 1)
    assert store.database.saving
    assert store.database.rows("SELECT * FROM stars") == []


@pytest.mark.parametrize("counts", [None, {}, {PassedOver.DELETED: 3, PassedOver.LINK_OUT: 1}])
def test_what_lay_beside_the_photos_of_a_run_is_kept_with_it(
    tmp_path: Path, counts: dict[PassedOver, int] | None
) -> None:
    keep_run(Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 2), passed_over=counts)
    kept = Store(tmp_path).runs.load("one")
    assert kept is not None
    assert kept.run.passed_over == counts


VERSION_1 = """
INSERT INTO scores VALUES ('score', 'photo', 7.5, 7.25, 0.99, '7.5', 'whole_answer', 1.0);
INSERT INTO runs VALUES ('one', 'ann', NULL, 'a query', 'done', 1.0, 3.0, '{}', 1);
INSERT INTO run_photos (run, place, name, path, score, photo) VALUES ('one', 0, 'a.png', x'61', 'score', 'photo');
PRAGMA user_version = 1;
"""


def test_a_data_folder_of_version_1_opens_keeps_its_runs_and_takes_explanations(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.executescript(";".join(MIGRATIONS[0]) + ";" + VERSION_1)
    connection.close()
    store = Store(tmp_path)
    kept = store.runs.load("one")
    assert kept is not None
    assert (kept.run.query.text, kept.run.photos) == ("a query", (Photo("a.png", tmp_path / "a"),))
    assert kept.run.passed_over is None
    (scored,) = kept.outcomes
    assert isinstance(scored, ScoredPhoto)
    assert scored.score.value == 7.5
    store.explanations.keep("one", 0, score=7.5, text="A sofa.")
    assert Store(tmp_path).explanations.find("one", 0, score=7.5) == "A sofa."


def make_pairs(photos: list[Photo]) -> Pairs:
    """A row per photo, the labels in turn, and two rows that were passed over, one of them between the others."""
    labels = (True, False, None)
    good = [
        Pair(2 * n, photo, parse_query(f"marked Text {n}"), labels[n % 3]) for n, photo in enumerate(photos, start=1)
    ]
    bad = [BadRow(3, "marked file", "", RowProblem.NO_TEXT), BadRow(99, "", "", RowProblem.UNREADABLE)]
    return Pairs(tuple(good), tuple(bad))


def test_a_run_of_pairs_is_found_again_row_by_row(tmp_path: Path) -> None:
    photos = drop_photos(Uploads(tmp_path, decode=decode_photo), 3)
    photos.append(photos[0])  # one photo may stand in more than one row
    pairs = make_pairs(photos)
    keep_run(Store(tmp_path), photos, pairs=pairs)
    kept = Store(tmp_path).runs.load("one")
    assert kept is not None
    assert (kept.run.pairs, kept.run.photos) == (pairs, tuple(photos))
    assert [kept.run.query_of(n).text for n in range(4)] == [f"marked Text {n}" for n in range(1, 5)]


def test_a_run_without_texts_has_no_pairs(tmp_path: Path) -> None:
    keep_run(Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 2))
    kept = Store(tmp_path).runs.load("one")
    assert kept is not None
    assert kept.run.pairs is None
    assert kept.run.query_of(1).text == "The  marked query"


def test_what_is_cleared_is_found_nowhere_in_the_folder(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    photos, gallery = drop_photos(uploads, 3), store.galleries.begin(ANN)
    for n, photo in enumerate(photos):
        store.galleries.add(gallery, str(n), photo)
    thumbnails = [uploads.thumbnail(photo) for photo in photos]
    keep_run(store, photos, gallery=gallery, pairs=make_pairs(photos))
    store.explanations.keep("one", 0, score=7.5, text="what the model said")
    store.scores.of(KEY).blame("the blamed photo's hash")
    files = files_of(tmp_path)
    for photo in photos:
        files.keep(encoding_key(photo), 100, lambda: b"what the model keeps of it", gallery=None)
    traces = [
        b"what the model keeps of it",
        b"marked",
        b"what the model said",
        b"the blamed photo's hash",
        *(photo.path.read_bytes() for photo in photos),
        *filter(None, thumbnails),
    ]
    traces += [photo.path.name.encode() for photo in photos]
    assert all(found_in(tmp_path, trace) for trace in traces)
    Retention(store.upkeep, uploads, files, days=30, most_bytes=10**9).clear_run("one")
    assert [trace for trace in traces if found_in(tmp_path, trace)] == []
    assert store.runs.load("one") is None


def test_a_photo_is_not_forgiven_while_a_run_is_under_way(tmp_path: Path) -> None:
    store, photos = Store(tmp_path), drop_photos(Uploads(tmp_path, decode=decode_photo), 2)
    keep_run(store, photos)
    store.runs.begin(
        Run("two", ANN, None, parse_query("a query"), tuple(photos), begun_s=time.time()), status="waiting"
    )
    for _ in range(2):
        store.scores.of(KEY).blame("photo")
    store.upkeep.clear_run("one")
    with pytest.raises(PhotoRefused):
        store.scores.of(KEY).find("photo")


def found_in(folder: Path, trace: bytes) -> bool:
    """True where the bytes stand in a file of the folder, or in its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return any(trace in path.name.encode() or trace in path.read_bytes() for path in files)


def test_clearing_leaves_what_other_runs_use(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    photos = drop_photos(uploads, 3)
    keep_run(store, photos, run_id="one")
    keep_run(store, photos[:2], run_id="two", owner=BEN)
    Retention(store.upkeep, uploads, files_of(tmp_path), days=30, most_bytes=10**9).clear_run("one")
    assert [photo.path.exists() for photo in photos] == [True, True, False]
    kept = store.runs.load("two")
    assert kept is not None
    assert len(kept.outcomes) == 2


def test_what_is_older_than_the_days_goes_and_the_mounted_folder_stays(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path / "data"), Uploads(tmp_path / "data", decode=decode_photo)
    mounted = tmp_path / "mine.png"
    mounted.write_bytes(b"mine")
    photos = [*drop_photos(uploads, 2), Photo("mine.png", mounted)]
    keep_run(store, photos, run_id="old", begun_s=time.time() - 30 * A_DAY_S - A_MINUTE_S)
    keep_run(store, photos[1:], run_id="new", begun_s=time.time() - 30 * A_DAY_S + A_MINUTE_S)
    Retention(store.upkeep, uploads, files_of(tmp_path), days=30, most_bytes=10**9).keep_within()
    assert (store.runs.load("old"), store.runs.load("new") is not None) == (None, True)
    assert [photo.path.exists() for photo in photos] == [False, True, True]


def test_the_oldest_go_first_where_bytes_are_short(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    photos = drop_photos(uploads, 4)
    begun_s = time.time()
    keep_run(store, photos[:2], run_id="old", begun_s=begun_s)
    keep_run(store, photos[2:], run_id="new", begun_s=math.nextafter(begun_s, math.inf))
    size_bytes = uploads.size_bytes()
    for too_many, left in ((0, [True] * 4), (1, [False, False, True, True])):
        Retention(store.upkeep, uploads, files_of(tmp_path), days=30, most_bytes=size_bytes - too_many).keep_within()
        assert [photo.path.exists() for photo in photos] == left


def test_a_gallery_whose_run_is_under_way_is_never_too_large(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    (photo,), gallery = drop_photos(uploads, 1), store.galleries.begin(ANN)
    store.galleries.add(gallery, "upload", photo)
    store.runs.begin(Run("one", ANN, gallery, parse_query("q"), (photo,), begun_s=time.time()), status="running")
    Retention(store.upkeep, uploads, files_of(tmp_path), days=30, most_bytes=0).keep_within()
    assert photo.path.exists()
    assert store.galleries.photos(gallery, ANN) == (photo,)


def test_a_file_that_is_gone_between_two_looks_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = Uploads(tmp_path, decode=decode_photo)
    kept, gone = drop_photos(uploads, 2)
    size_bytes = kept.path.stat().st_size
    listed = [kept.path, gone.path]
    gone.path.unlink()
    monkeypatch.setattr(Path, "glob", lambda self, _: listed if self.name == "uploads" else [])
    assert uploads.size_bytes() == size_bytes


def test_nothing_outlives_a_process_that_keeps_for_no_days(tmp_path: Path) -> None:
    store, uploads = Store(tmp_path), Uploads(tmp_path, decode=decode_photo)
    retention = Retention(store.upkeep, uploads, files_of(tmp_path), days=0, most_bytes=10**9)
    photos = drop_photos(uploads, 2)
    keep_run(store, photos)
    retention.keep_within()
    assert store.runs.load("one") is not None
    retention.close()
    assert store.runs.load("one") is None
    assert not any(photo.path.exists() for photo in photos)


@pytest.mark.parametrize("content", [b"no database at all" * 100, None], ids=["other bytes", "a torn page"])
def test_a_broken_file_is_set_aside_and_a_new_one_is_begun(tmp_path: Path, content: bytes | None) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 40))
    store.close()
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    broken = content or whole[:4096] + b"\xff" * 8192 + whole[12288:]
    path.write_bytes(broken)
    again = Store(tmp_path)
    assert again.database.set_aside is not None
    assert again.database.set_aside.read_bytes() == broken
    assert again.runs.past(ANN, most=1) == ()
    again.close()
    assert Store(tmp_path).database.set_aside is None


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.database.write(("PRAGMA user_version = 99", ()))
    store.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StorageFailed, match="newer version"):
        Store(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_full_disk_delays_saving_and_loses_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (pages,) = store.database.rows("PRAGMA page_count")[0]
    store.database.rows(f"PRAGMA max_page_count = {pages}")
    scores = store.scores.of(KEY)
    long = replace(SCORE, answer="long " * 2000)
    for n in range(3):
        scores.keep(f"photo-{n}", long)
    assert not store.database.saving
    assert scores.find("photo-2") == long
    store.database.rows(f"PRAGMA max_page_count = {pages + 1000}")
    store.database.catch_up()
    assert store.database.saving
    assert [Store(tmp_path).scores.of(KEY).find(f"photo-{n}") for n in range(3)] == [long] * 3
