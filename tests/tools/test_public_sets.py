"""Public sets as folders for `evaluate`: each set's own format, made by hand, two or three photos large."""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from lychee_rerank.__main__ import main as lychee_main
from tests.pictures import encode, make_photo
from tests.served import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from public_sets import Row, draw_galleries, main

PICTURES = {number: encode(make_photo(seed=number)) for number in (11, 12, 13)}


def make(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]


def write(path: Path, *rows: str | dict[str, Any]) -> Path:
    texts = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def write_table(path: Path, *rows: tuple[str, int, int]) -> Path:
    """INQUIRE's columns that matter, and one that does not."""
    columns = [
        {"query": query, "inat24_image_id": number, "relevant": relevant, "clip_score": 0.5}
        | {"image": {"bytes": PICTURES[number], "path": f"{number}.jpg"}}
        for query, number, relevant in rows
    ]
    parquet.write_table(pyarrow.Table.from_pylist(columns), path)
    return path


@pytest.mark.parametrize(
    "captions",
    [
        ("11#zhm#0 沙发 和 灯泡", "12#zhm#0\t一只猫"),
        ("11.jpg,沙发 和 灯泡", "12.jpg,一只猫"),
        ("\ufeff11.jpg#0\t沙发 和 灯泡", "", "12.jpg#4\t一只猫"),
    ],
)
def test_flickr30k_cn_is_read_in_each_form_that_goes_around(photo_folder: Path, captions: tuple[str, ...]) -> None:
    texts = write(photo_folder / "captions.txt", *captions)
    assert make("flickr30k-cn", texts, photo_folder) == 0
    assert sorted(lines(photo_folder), key=lambda line: line["query"]) == [
        {"query": "一只猫", "language": "zh", "relevance": {"12.jpg": 10, "11.jpg": 0}},
        {"query": "沙发 和 灯泡", "language": "zh", "relevance": {"11.jpg": 10, "12.jpg": 0}},
    ]


@pytest.mark.parametrize(("text", "items"), [("query_text", "item_ids"), ("text", "image_ids")])
def test_muge_is_unpacked_beside_its_queries(tmp_path: Path, text: str, items: str) -> None:
    queries = write(tmp_path / "queries", {"query_id": 1, text: "沙发", items: [11, 13]}, {text: "猫", items: ["12"]})
    rows = [f"{number}\t{base64.urlsafe_b64encode(picture).decode()}" for number, picture in PICTURES.items()]
    assert make("muge", queries, write(tmp_path / "pictures.tsv", *rows), tmp_path / "muge") == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "muge").glob("*.jpg")} == {
        f"{number}.jpg": picture for number, picture in PICTURES.items()
    }
    relevance = {line["query"]: line["relevance"] for line in lines(tmp_path / "muge")}
    assert relevance == {
        "沙发": {"11.jpg": 10, "13.jpg": 10, "12.jpg": 0},
        "猫": {"12.jpg": 10, "11.jpg": 0, "13.jpg": 0},
    }


def test_coco_captions_find_their_pictures_by_id(photo_folder: Path) -> None:
    images = [{"id": 7, "file_name": "COCO_7.jpg"}, {"id": 8, "file_name": "COCO_8.jpg"}]
    captions = [{"image_id": 8, "caption": "A dog.\n"}, {"image_id": 7, "caption": "A sofa."}]
    file = write(photo_folder / "captions.json", {"images": images, "annotations": captions})
    assert make("coco", file, photo_folder, "--queries", "1") == 0
    (line,) = lines(photo_folder)
    right, wrong = ("COCO_8.jpg", "COCO_7.jpg") if line["query"] == "A dog." else ("COCO_7.jpg", "COCO_8.jpg")
    assert line == {"query": line["query"], "language": "en", "relevance": {right: 10, wrong: 0}}
    assert line["query"] in ("A dog.", "A sofa.")


def test_inquire_keeps_its_own_galleries_over_all_of_its_tables(tmp_path: Path) -> None:
    tables = (
        write_table(tmp_path / "1.parquet", ("a sofa", 11, 1), ("a sofa", 12, 0), ("a cat", 12, 1)),
        write_table(tmp_path / "2.parquet", ("a cat", 13, 0)),
    )
    folder = tmp_path / "inquire"
    assert make("inquire", *tables, folder) == 0
    assert lines(folder) == [
        {"query": "a sofa", "language": "en", "relevance": {"11.jpg": 10, "12.jpg": 0}},
        {"query": "a cat", "language": "en", "relevance": {"12.jpg": 10, "13.jpg": 0}},
    ]
    assert [(folder / f"{number}.jpg").read_bytes() for number in PICTURES] == list(PICTURES.values())


def put(folder: Path, *numbers: str) -> Path:
    """Photos of these names."""
    for seed, name in enumerate(numbers):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encode(make_photo(seed=seed), "PNG" if name.endswith("png") else "JPEG"))
    return folder


def cirr_pair(reference: str, target: str, *members: str, soft: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "pairid": 1,
        "reference": f"dev-{reference}",
        "target_hard": f"dev-{target}",
        "target_soft": {f"dev-{name}": 1.0 for name in (target, *soft)},
        "caption": f"make {reference} {target}",
        "img_set": {"id": 1, "members": [f"dev-{name}" for name in members], "reference_rank": 0, "target_rank": 1},
    }


def test_cirr_asks_with_the_reference_among_its_group_and_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"dev/dev-{letter}.png" for letter in "abcdef"]
    folder = put(tmp_path / "img_raw", *names)
    splits = write(tmp_path / "split.json", {Path(name).stem: f"./{name}" for name in [*names, "dev/dev-x.png"]})
    pairs = [cirr_pair("a", "b", *"abcx", soft=("e",)), cirr_pair("d", "f", *"def"), cirr_pair("a", "x", *"abx")]
    captions = write(tmp_path / "cap.json", json.dumps(pairs))
    assert make("cirr", captions, splits, folder, "--photos", "4") == 0
    found = {line["query"]: line for line in lines(folder)}
    assert found.keys() == {"make a b", "make d f"}  # the third one's target is not there
    first, second = found["make a b"], found["make d f"]
    assert (first["like"], second["like"]) == ("dev/dev-a.png", "dev/dev-d.png")
    assert first["relevance"].keys() >= {"dev/dev-b.png", "dev/dev-c.png"}
    assert first["relevance"].keys().isdisjoint({"dev/dev-a.png", "dev/dev-e.png", "dev/dev-x.png"})
    assert [name for name, truth in first["relevance"].items() if truth] == ["dev/dev-b.png"]
    assert (second["relevance"]["dev/dev-f.png"], second["relevance"]["dev/dev-e.png"]) == (10, 0)
    monkeypatch.setenv("LYCHEE_MODEL", "demo")
    capsys.readouterr()
    assert lychee_main(["evaluate", str(folder), "--readout", "expected", "--json"]) == 0
    (readout,) = json.loads(capsys.readouterr().out)["readouts"]
    assert {query["like"]["name"] for query in readout["queries"]} == {"dev/dev-a.png", "dev/dev-d.png"}


def test_fashioniq_has_both_captions_in_one_query_and_leaves_out_what_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(tmp_path / "images", "B1.jpg", "B2.jpg", "B3.jpg")
    pairs = [("B1", "B2"), ("B2", "B3"), ("B1", "B9"), ("B9", "B1")]
    rows = [{"candidate": one, "target": other, "captions": ["is red ", "has no sleeves"]} for one, other in pairs]
    assert make("fashioniq", write(tmp_path / "cap.json", json.dumps(rows)), folder) == 0
    assert sorted(lines(folder), key=lambda line: line["like"]) == [
        {"query": "is red and has no sleeves", "like": like, "language": "en", "relevance": relevance}
        for like, relevance in (("B1.jpg", {"B2.jpg": 10, "B3.jpg": 0}), ("B2.jpg", {"B3.jpg": 10, "B1.jpg": 0}))
    ]
    assert capsys.readouterr().err == f"2 of 4 pairs are left out: {folder} lacks a photo of theirs\n"


def test_evaluate_reads_what_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LYCHEE_MODEL", "demo")
    folder = tmp_path / "inquire"
    make("inquire", write_table(tmp_path / "1.parquet", ("a sofa", 11, 1), ("a sofa", 12, 0)), folder)
    capsys.readouterr()
    assert lychee_main(["evaluate", str(folder), "--readout", "expected", "--json"]) == 0
    (readout,) = json.loads(capsys.readouterr().out)["readouts"]
    truths = [(photo["name"], photo["truth"]) for query in readout["queries"] for photo in query["photos"]]
    assert truths == [("11.jpg", 10.0), ("12.jpg", 0.0)]


def test_galleries_have_their_size_whatever_matches_and_are_drawn_alike_each_time() -> None:
    rows = [Row(f"query {number}", (f"{number}.jpg", f"{number + 1}.jpg")) for number in range(50)]
    drawn = list(draw_galleries(rows, "en", queries=20, photos=8))
    assert drawn == list(draw_galleries(rows, "en", queries=20, photos=8))
    assert len({gallery.query for gallery in drawn}) == 20
    for gallery in drawn:
        number = int(gallery.query.split()[1])
        best = {name for name, truth in gallery.truths.items() if truth == 10}
        assert (best, len(gallery.truths)) == ({f"{number}.jpg", f"{number + 1}.jpg"}, 8)
    assert len({name for gallery in drawn for name in gallery.truths}) > 40


def test_a_gallery_that_is_full_of_matches_has_one_photo_more() -> None:
    rows = [Row("all of them", tuple(f"{number}.jpg" for number in range(4))), Row("another", ("9.jpg",))]
    galleries = {each.query: each.truths for each in draw_galleries(rows, "en", queries=2, photos=4)}
    assert galleries["all of them"] == {f"{number}.jpg": 10 for number in range(4)} | {"9.jpg": 0}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("flickr30k-cn", "11#zhm#0 沙发\nimage,caption", "line 2: is no photo's number with a caption"),
        ("coco", "{}", "holds no captions with their images"),
        ("coco", '{"images": [], "annotations": [{"image_id": 1, "caption": "a"}]}', "holds no captions"),
        ("coco", "[", "holds no captions with their images"),
        ("fashioniq", "[", "is no JSON"),
        ("fashioniq", "{}", "is not a list of pairs"),
        ("fashioniq", '[{"candidate": "B1", "target": "B2"}]', "holds no pairs of photos with captions"),
        ("fashioniq", '["B1"]', "holds no pairs of photos with captions"),
    ],
)
def test_a_file_of_another_form_is_named(
    photo_folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, told: str
) -> None:
    file = write(photo_folder / "texts", content)
    assert make(name, file, photo_folder) == 1
    error = capsys.readouterr().err
    assert error.startswith(str(file))
    assert told in error
    assert not (photo_folder / "queries.jsonl").exists()


@pytest.mark.parametrize(
    ("query", "picture", "told"),
    [
        (
            '{"query_text": "猫", "item_ids": [1]}',
            "../1\tAAAA",
            "pictures, line 1: is no photo's number with a picture",
        ),
        ('{"query_text": "猫", "item_ids": [1]}', "1\tA", "pictures, line 1: is no base64"),
        ('{"query_text": "猫", "item_ids": [1]}', "1", "pictures, line 1: is no photo's number with a picture"),
        ('{"query_text": "猫"}', "1\tAAAA", "queries, line 1: is no query with its photos"),
        ("[1]", "1\tAAAA", "queries, line 1: is no query with its photos"),
    ],
)
def test_a_bad_line_of_muge_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], query: str, picture: str, told: str
) -> None:
    files = write(tmp_path / "queries", query), write(tmp_path / "pictures", picture)
    assert make("muge", *files, tmp_path / "muge") == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "1.jpg").exists()


def test_a_table_of_another_form_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet.write_table(pyarrow.table({"query": ["a"]}), tmp_path / "other.parquet")
    write(tmp_path / "text.parquet", "no table")
    for name in ("other.parquet", "text.parquet"):
        assert make("inquire", tmp_path / name, tmp_path / "inquire") == 1
        assert capsys.readouterr().err.startswith(f"{tmp_path / name}: is no table with query, inat24_image_id")


def test_text_that_is_not_utf_8_is_named(photo_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photo_folder / "texts").write_bytes("11.jpg,沙发".encode("gbk"))
    assert make("flickr30k-cn", photo_folder / "texts", photo_folder) == 1
    assert capsys.readouterr().err == f"{photo_folder / 'texts'}: is no UTF-8 text\n"


@pytest.mark.parametrize(
    ("pair", "splits", "told"),
    [
        (cirr_pair("a", "b", *"ab"), "[]", "split.json: is not a table of photos and their paths"),
        (cirr_pair("a", "b", *"ab"), "{}", "cap.json: holds no pairs of photos with captions"),
        ({"reference": "dev-a", "caption": "x"}, '{"dev-a": "./a.png"}', "cap.json: holds no pairs"),
        (cirr_pair("a", "b", *"ab"), '{"dev-a": "./a.png", "dev-b": "./b.png"}', "holds the photos of none of the 1"),
    ],
)
def test_what_is_wrong_with_cirr_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: dict[str, Any], splits: str, told: str
) -> None:
    files = write(tmp_path / "cap.json", json.dumps([pair])), write(tmp_path / "split.json", splits)
    assert make("cirr", *files, tmp_path) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "queries.jsonl").exists()


def test_a_file_of_queries_that_is_there_stays(photo_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = write(photo_folder / "queries.jsonl", "mine")
    texts = write(photo_folder / "texts", "11.jpg,沙发", "12.jpg,猫")
    assert make("flickr30k-cn", texts, photo_folder) == 1
    assert capsys.readouterr().err == f"{mine}: is there already\n"
    assert mine.read_text() == "mine\n"


def test_a_folder_of_photos_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    texts = write(tmp_path / "texts", "11.jpg,沙发", "12.jpg,猫")
    assert make("flickr30k-cn", texts, tmp_path / "misspelled") == 1
    assert not (tmp_path / "misspelled").exists()


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_galleries_need_a_photo_and_a_query(tmp_path: Path, count: str) -> None:
    for option in ("--photos", "--queries"):
        with pytest.raises(SystemExit, match="2"):
            make("coco", tmp_path / "texts", tmp_path, f"{option}={count}")
