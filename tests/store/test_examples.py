"""The examples of runs: kept whole and once, found again with their run, gone with the last that has them."""

import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.errors import ExampleRefused, StorageFailed
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.example import load_example
from lychee_rerank.query import Example, parse_query
from lychee_rerank.records import Photo, Run
from lychee_rerank.store.encoded_files import EncodedFiles
from lychee_rerank.store.examples import Examples
from lychee_rerank.store.retention import Retention
from lychee_rerank.store.schema import MIGRATIONS
from lychee_rerank.store.store import FILE_NAME, Store
from lychee_rerank.store.uploads import Uploads
from tests.pictures import write_reds

ANN = "ann"
TWO_HOURS_S = 7200


def choose(folder: Path, red: int = 9) -> Example:
    """A photo of the user's as an example."""
    (photo,) = write_reds(folder, [red])
    return load_example(Photo(f"folder/名前 {red}.png", photo.path))


def begin(store: Store, example: Example | None, *, run_id: str = "one", words: str = "", owner: str = ANN) -> Example:
    """A finished run of one photo, with a copy of the example; the copy."""
    kept = store.examples.keep(example) if example else None
    photo = Photo("a.png", store.database.path.parent.parent / "a.png")
    run = Run(run_id, owner, None, parse_query(words, kept), (photo,), begun_s=time.time())
    store.runs.begin(run, status="done")
    return kept or Example("", Path(), "")


def retention_of(store: Store, folder: Path, *, most_bytes: int = 10**9) -> Retention:
    uploads, files = Uploads(folder, decode=decode_photo), EncodedFiles(folder / "quick-looks", most_bytes=10**6)
    return Retention(store.upkeep, uploads, files, days=30, most_bytes=most_bytes)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.mark.parametrize("words", ["", "but in  Blue"])
def test_a_run_comes_back_with_its_example_wherever_the_folder_is_moved(tmp_path: Path, data: Path, words: str) -> None:
    example = choose(tmp_path)
    content = example.path.read_bytes()
    begin(Store(data), example, words=words)
    example.path.unlink()
    store = Store(data.rename(tmp_path / "moved"))
    kept, (past,) = store.runs.load("one"), store.runs.past(ANN, most=9)
    assert kept is not None
    for found in (kept.run.query.example, past.example):
        assert found == example
        assert (found.name, found.path.read_bytes()) == ("folder/名前 9.png", content)
    assert (kept.run.query, past.query) == (parse_query(words, example), words)


def test_a_run_of_words_has_no_example(data: Path) -> None:
    store = Store(data)
    begin(store, None, words="red")
    kept, (past,) = store.runs.load("one"), store.runs.past(ANN, most=9)
    assert kept is not None
    assert (kept.run.query, past.example) == (parse_query("red"), None)


VERSION_8 = """
INSERT INTO runs VALUES ('one', 'ann', NULL, 'a query', 'done', 1.0, 3.0, '{}', 1, NULL);
INSERT INTO run_photos (run, place, name, path) VALUES ('one', 0, 'a.png', x'61');
PRAGMA user_version = 8;
"""


def test_a_data_folder_of_before_there_were_examples_opens_keeps_its_runs_and_takes_one(
    tmp_path: Path, data: Path
) -> None:
    data.mkdir()
    connection = sqlite3.connect(data / FILE_NAME)
    connection.executescript(";".join(statement for step in MIGRATIONS[:8] for statement in step) + ";" + VERSION_8)
    connection.close()
    store = Store(data)
    kept, example = store.runs.load("one"), choose(tmp_path)
    assert kept is not None
    assert kept.run.query == parse_query("a query")
    begin(store, example, run_id="two")
    assert [past.example for past in Store(data).runs.past(ANN, most=9)] == [example, None]


def test_an_example_is_kept_once_and_read_once(tmp_path: Path, data: Path) -> None:
    example, examples = choose(tmp_path), Examples(data)
    kept = examples.keep(example)
    assert kept.path.read_bytes() == example.path.read_bytes()
    example.path.unlink()
    assert examples.keep(example).path == examples.keep(kept).path == kept.path
    assert list((data / "examples").iterdir()) == [kept.path]


@pytest.mark.parametrize("content", [None, b"", b"another picture"], ids=["gone", "empty", "changed"])
def test_what_is_no_longer_what_was_chosen_is_refused_and_leaves_nothing(
    tmp_path: Path, data: Path, content: bytes | None
) -> None:
    example = choose(tmp_path)
    example.path.unlink() if content is None else example.path.write_bytes(content)
    with pytest.raises(ExampleRefused):
        Examples(data).keep(example)
    assert list(data.rglob("*")) == []


def test_a_folder_that_takes_no_bytes_is_an_error(tmp_path: Path, data: Path) -> None:
    data.write_bytes(b"a file where the folder would be")
    with pytest.raises(StorageFailed):
        Examples(data).keep(choose(tmp_path))


def test_an_example_goes_with_the_last_run_that_has_it_and_its_thumbnail_too(tmp_path: Path, data: Path) -> None:
    store, example, uploads = Store(data), choose(tmp_path), Uploads(data, decode=decode_photo)
    kept, other = begin(store, example), choose(tmp_path, red=7)
    begin(store, example, run_id="two", owner="ben")
    kept_other = begin(store, other, run_id="three")
    assert uploads.thumbnail(Photo(kept.name, kept.path))
    retention = retention_of(store, data)
    for run_id, there in (("one", True), ("two", False)):
        retention.clear_run(run_id)
        assert (kept.path.exists(), kept_other.path.exists()) == (there, True)
    assert list((data / "thumbnails").iterdir()) == []
    assert example.path.exists()  # the user's own


def test_an_example_that_is_a_photo_of_the_run_too_outlives_no_run(tmp_path: Path, data: Path) -> None:
    store = Store(data)
    kept = store.examples.keep(choose(tmp_path))
    photos = (Photo("itself.png", kept.path),)
    store.runs.begin(Run("one", ANN, None, parse_query("", kept), photos, begun_s=1.0), status="done")
    retention_of(store, data).keep_within()
    assert not kept.path.exists()


def test_examples_count_among_the_bytes_that_are_kept(tmp_path: Path, data: Path) -> None:
    store, kept = Store(data), []
    for n, run_id in enumerate(("old", "new")):
        kept.append(begin(store, choose(tmp_path, red=n), run_id=run_id))
    size_bytes = sum(example.path.stat().st_size for example in kept)
    assert Uploads(data, decode=decode_photo).size_bytes() == size_bytes
    for too_many, left in ((0, [True, True]), (1, [False, True])):
        retention_of(store, data, most_bytes=size_bytes - too_many).keep_within()
        assert [example.path.exists() for example in kept] == left


def test_what_a_killed_process_left_without_a_run_goes_once_it_is_old(tmp_path: Path, data: Path) -> None:
    store = Store(data)
    with_run, old, again, young = (store.examples.keep(choose(tmp_path, red=n)) for n in range(4))
    begin(store, with_run)
    long_ago_s = time.time() - TWO_HOURS_S
    for example in (with_run, old, again):
        os.utime(example.path, (long_ago_s, long_ago_s))
    store.examples.keep(replace(again, path=tmp_path / "elsewhere"))  # chosen once more, its run about to begin
    retention_of(store, data).keep_within()
    assert [example.path.exists() for example in (with_run, old, again, young)] == [True, False, True, True]
