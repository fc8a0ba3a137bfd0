"""One worker of a bulk run, without Ray: what it writes, and what it does where something fails."""

import json
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from pyarrow import parquet

from lychee_rerank.bulk import part_scorer, photo_reader
from lychee_rerank.bulk.bulk_run import BulkRun, begin_run, read_queries
from lychee_rerank.bulk.part_scorer import PartScorer, Tools
from lychee_rerank.bulk.photo_list import LIST_NAME, list_photos
from lychee_rerank.bulk.photo_reader import PhotoReader
from lychee_rerank.bulk.places import open_place
from lychee_rerank.errors import BulkFailed, DeviceLost, ServersLost
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.settings import Settings
from lychee_rerank.text import decode_name
from tests.bulk.workers import QUERIES, draw_photos, open_run
from tests.fakes import CARD, FakeJudge
from tests.maps import HALF, MAP
from tests.pictures import write_reds

Rows = list[dict[str, Any]]


def begin(tmp_path: Path, photos: list[str], *, photos_per_part: int = 5) -> BulkRun:
    run = open_run(tmp_path / "out")
    begin_run(run, photos, resume=False, photos_per_part=photos_per_part)
    return run


def tools(judge: FakeJudge) -> Callable[[Settings], Tools]:
    return lambda _: Tools(judge, decode_photo)


def scorer(run: BulkRun, judge: FakeJudge) -> PartScorer:
    return PartScorer(run, workers=1, load=tools(judge))


def rows(run: BulkRun, part: int = 0) -> Rows:
    table: Rows = parquet.read_table(Path(run.folder) / f"part-{part:07}.parquet").to_pylist()
    return table


def test_a_row_per_photo_and_query_with_a_score_or_a_reason(tmp_path: Path) -> None:
    good, broken = draw_photos(tmp_path / "photos", 2)
    broken.write_bytes(broken.read_bytes()[:40])
    run = begin(tmp_path, [str(good), str(broken), str(tmp_path / "gone.jpg")])
    done = scorer(run, FakeJudge()).score(0)
    assert (done.photos, done.refused) == (3, 4)
    found = rows(run)
    assert [(row["path"], row["query"]) for row in found] == [
        (str(path), query.text) for path in (good, broken, tmp_path / "gone.jpg") for query in QUERIES
    ]
    assert [row["refused"] for row in found] == [None, None, "truncated", "truncated", "unreadable", "unreadable"]
    assert [row["score"] for row in found] == [0.0, 0.0, None, None, None, None]
    assert found[0] | {"path": ""} == {
        "path": "",
        "query": "sofa",
        "score": 0.0,
        "expected": 0.0,
        "label_mass": 1.0,
        "answer": "0.0",
        "refused": None,
        "detail": None,
        "raw": None,
    }


def test_a_run_through_a_map_keeps_the_models_own_scores_and_goes_on_with_that_map_alone(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (photo,) = write_reds(folder, [204])
    plain = begin(tmp_path, [str(photo.path)])
    mapped = replace(plain, settings=replace(plain.settings, calibration=HALF))
    scorer(mapped, FakeJudge()).score(0)
    assert [(row["score"], row["raw"]) for row in rows(mapped)] == [(4.0, 8.0)] * 2
    scorer(mapped, FakeJudge())
    for other in (plain, replace(plain, settings=replace(plain.settings, calibration=MAP))):
        with pytest.raises(BulkFailed, match="begun otherwise: calibration"):
            scorer(other, FakeJudge())


def test_a_run_that_began_before_there_were_maps_goes_on(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 1)])
    scorer(run, FakeJudge())
    file = Path(run.folder) / "_model.json"
    facts = json.loads(file.read_text())
    assert facts.pop("calibration") is None
    file.write_text(json.dumps(facts))
    assert scorer(run, FakeJudge()).score(0).photos == 1


def test_a_name_that_is_no_utf_8_is_a_photo_like_any_other(tmp_path: Path) -> None:
    (path,) = draw_photos(tmp_path / "photos", 1)
    odd = path.rename(os.fsdecode(bytes(path.parent) + b"/caf\xe9.png"))
    (tmp_path / "list.txt").write_bytes(bytes(odd) + b"\n")
    for photos in (list_photos(str(odd.parent)), list_photos(str(tmp_path / "list.txt"))):
        run = begin(tmp_path / secrets.token_hex(4), list(photos))
        assert scorer(run, FakeJudge()).score(0).refused == 0
        assert {Path(row["path"]).name for row in rows(run)} == {decode_name(odd.name)}


def test_all_queries_are_answered_from_one_look(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 5)])
    judge = FakeJudge()
    scorer(run, judge).score(0)
    assert (judge.encoded, judge.answers) == (5, 10)


def test_photos_of_an_object_store_are_fetched_once_and_score_as_files_do(tmp_path: Path) -> None:
    paths = draw_photos(tmp_path / "photos", 4)
    for number, name in enumerate(["红 b.png", "100%.png", "c#d?e.png"]):
        paths[number] = paths[number].rename(tmp_path / "photos" / name)
    addresses = [f"file://{quote(str(path))}" for path in paths]
    run = begin(tmp_path, [*addresses, f"file://{tmp_path}/gone.png", "nowhere://a/b.png"], photos_per_part=6)
    judge = FakeJudge()
    assert scorer(run, judge).score(0).refused == 4
    assert judge.encoded == 4
    assert [row["score"] for row in rows(run)[:8]] == [round(n / 25.5, 1) for n in range(4) for _ in QUERIES]
    assert {row["refused"] for row in rows(run)[8:]} == {"unreadable"}
    assert {*list_photos(f"file://{tmp_path}/photos")} == {*addresses}


def test_two_threads_may_want_the_same_photo_of_a_store(tmp_path: Path) -> None:
    (path,) = draw_photos(tmp_path / "photos", 1)
    for n in range(20):
        folder = tmp_path / str(n)
        folder.mkdir()
        reader = PhotoReader([f"file://{path}"], folder)
        with ThreadPoolExecutor(2) as threads:
            read = list(threads.map(reader.read, [reader.photos[0].path] * 2))
        assert read == [path.read_bytes()] * 2


def test_a_key_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BulkFailed, match="key does not belong") as failed:
        open_place("s3://name:secret@bucket/photos")
    assert "secret" not in str(failed.value)


def test_a_machine_that_can_read_nothing_of_its_first_part_ends_the_run(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(tmp_path / "nowhere" / f"{n}.jpg") for n in range(7)])
    with pytest.raises(BulkFailed, match=r"none of the folders of 5 photos, .*nowhere/0\.jpg"):
        scorer(run, FakeJudge()).score(0)
    assert run.open_parts().finished() == set()


def test_photos_that_are_gone_from_their_folder_are_refused_even_where_no_other_was_read(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(tmp_path / f"{n}.jpg") for n in range(5)])
    assert scorer(run, FakeJudge()).score(0).refused == 10


def test_a_store_that_fails_ends_the_run_and_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses_s: list[float] = []
    monkeypatch.setattr(photo_reader.time, "sleep", pauses_s.append)
    monkeypatch.setattr(photo_reader, "_read_store", fail_as_store)
    run = begin(tmp_path, [f"file://{path}" for path in draw_photos(tmp_path / "photos", 2)])
    with pytest.raises(BulkFailed, match="expired"):
        scorer(run, FakeJudge()).score(0)
    assert len(pauses_s) >= 2
    assert run.open_parts().finished() == set()


def fail_as_store(*_: object) -> bytes:
    raise OSError("the token has expired")


def test_a_worker_knows_what_another_has_blamed_meanwhile(tmp_path: Path) -> None:
    photos = draw_photos(tmp_path / "photos", 5)
    run = begin(tmp_path, [str(path) for path in photos])
    judges = [FakeJudge(generate_batch=5, encode_batch=5) for _ in range(3)]
    workers = [scorer(run, judge) for judge in judges]  # all of them before anything happens
    for judge in judges[:2]:
        judge.fails_at(red=3, error=DeviceLost("gone"))
    for worker in workers[:2]:
        with pytest.raises(DeviceLost):
            worker.score(0)
    assert workers[2].score(0).refused == len(QUERIES)


def test_a_run_whose_facts_are_damaged_has_a_sentence(tmp_path: Path) -> None:
    photos = [str(path) for path in draw_photos(tmp_path / "photos", 5)]
    run = begin(tmp_path, photos)
    (tmp_path / "out" / "_run.json").write_bytes(b"")
    with pytest.raises(BulkFailed, match=r"_run\.json is damaged"):
        begin_run(run, photos, resume=True)


def test_photos_that_are_gone_later_on_are_refused(tmp_path: Path) -> None:
    photos = draw_photos(tmp_path / "photos", 10)
    run = begin(tmp_path, [str(path) for path in photos])
    one = scorer(run, FakeJudge())
    assert one.score(0).refused == 0
    for path in photos:
        path.unlink()
    assert one.score(1).refused == 10


def test_a_run_that_ended_while_it_was_begun_is_gone_on_with(tmp_path: Path) -> None:
    photos = [str(path) for path in draw_photos(tmp_path / "photos", 5)]

    begin_run(open_run(tmp_path / "out"), photos[:2], resume=False)
    (tmp_path / "out" / LIST_NAME).unlink()  # it ended before it had listed them
    with pytest.raises(BulkFailed, match="--resume"):
        begin(tmp_path, photos)
    begin_run(open_run(tmp_path / "out"), photos, resume=True)
    assert len(open_run(tmp_path / "out").open_list()) == 5


def test_the_folder_holds_no_parquet_file_but_parts(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 5)])
    scorer(run, FakeJudge()).score(0)
    assert [path.name for path in (tmp_path / "out").glob("*.parquet")] == ["part-0000000.parquet"]


def test_a_part_that_is_there_is_left_alone(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 5)])
    first = scorer(run, FakeJudge()).score(0)
    idle = FakeJudge()
    assert scorer(run, idle).score(0) == first
    assert idle.answers == 0


def test_where_no_server_answers_the_worker_waits_and_asks_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(part_scorer.time, "sleep", waits.append)
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 5)])
    judge, failures = FakeJudge(), [ServersLost("away"), ServersLost("away")]

    def fail() -> None:
        if judge.answers == 3 and failures:
            raise failures.pop()

    judge.before_generate = fail
    assert scorer(run, judge).score(0).refused == 0
    assert len(waits) == 2
    assert judge.answers == 10


def test_where_no_server_answers_at_first_the_worker_waits_for_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(part_scorer.time, "sleep", waits.append)
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 2)])

    def load(_: Settings) -> Tools:
        if not waits:
            raise ServersLost("away")
        return Tools(FakeJudge(), decode_photo)

    assert PartScorer(run, workers=1, load=load).score(0).photos == 2
    assert len(waits) == 1


def test_a_photo_over_which_the_gpu_is_lost_twice_is_refused_by_the_next_worker(tmp_path: Path) -> None:
    photos = draw_photos(tmp_path / "photos", 5)
    run = begin(tmp_path, [str(path) for path in photos])
    for _ in range(2):
        judge = FakeJudge()
        judge.fails_at(red=3, error=DeviceLost("gone"))
        with pytest.raises(DeviceLost):
            scorer(run, judge).score(0)
    assert scorer(run, FakeJudge()).score(0).refused == len(QUERIES)
    assert {row["refused"] for row in rows(run) if row["path"] == str(photos[3])} == {"suspect"}


def test_another_model_does_not_go_on_with_a_run_but_another_device_does(tmp_path: Path) -> None:
    run = begin(tmp_path, [str(path) for path in draw_photos(tmp_path / "photos", 5)])
    scorer(run, FakeJudge())
    scorer(run, FakeJudge(card=replace(CARD, device="another")))
    with pytest.raises(BulkFailed, match="begun otherwise: model"):
        scorer(run, FakeJudge(card=replace(CARD, fingerprint="another")))


def test_a_run_is_begun_once_and_gone_on_with_on_demand(tmp_path: Path) -> None:
    photos = [str(path) for path in draw_photos(tmp_path / "photos", 5)]
    run = begin(tmp_path, photos)
    with pytest.raises(BulkFailed, match="--resume"):
        begin_run(run, photos, resume=False)
    begin_run(run, iter(()), resume=True)
    assert run.open_list().read(0) == photos
    with pytest.raises(BulkFailed, match="begun otherwise: queries"):
        begin_run(replace(run, queries=QUERIES[:1]), photos, resume=True)


def test_no_photo_and_no_folder_have_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BulkFailed, match="no photos"):
        begin(tmp_path, [])
    (tmp_path / "file").touch()
    with pytest.raises(BulkFailed, match="file/out"):
        begin_run(open_run(tmp_path / "file" / "out"), ["a.jpg"], resume=False)


def test_queries_are_read_a_line_each_and_the_same_one_once(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("\ufeff红色的沙发\n\n A  Dog\na dog\n", encoding="utf-8")
    assert [query.cleaned for query in read_queries(file)] == ["红色的沙发", "a dog"]
    file.write_text("a dog\n" + "x" * 5000, encoding="utf-8")
    with pytest.raises(BulkFailed, match="line 2: the query is too long"):
        read_queries(file)
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(BulkFailed, match="no query"):
        read_queries(file)
    with pytest.raises(BulkFailed, match=r"gone\.txt"):
        read_queries(tmp_path / "gone.txt")


def test_the_same_photo_twice_has_a_row_each(tmp_path: Path) -> None:
    (path,) = draw_photos(tmp_path / "photos", 1)
    Image.new("RGB", (28, 28), (102, 0, 0)).save(path)
    run = begin(tmp_path, [str(path)] * 2)
    scorer(run, FakeJudge()).score(0)
    assert [row["score"] for row in rows(run)] == [4.0] * 4
