"""The command line, run as a user runs it: tables, JSON, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lychee_rerank.export.tables import FACTS_COLUMNS
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.scoring.prompts import NUMBER, WHOLE, YES_NO, PromptTemplate
from tests.maps import MAP, save_in
from tests.pictures import encode, make_photo

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`python -m lychee_rerank` with the bundled model, in English, and a data folder of its own by default."""
    command = [sys.executable, "-m", "lychee_rerank", *map(str, arguments)]
    with TemporaryDirectory() as folder:
        own = {"LYCHEE_MODEL": "demo", "LC_ALL": "C.UTF-8", "LYCHEE_DATA_DIR": folder}
        settings = os.environ | own | environment
        return subprocess.run(
            command, cwd=ROOT, env=settings, capture_output=True, text=True, encoding="utf-8", check=False
        )


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos, one of them in a subfolder, one broken photo, one file that is no photo."""
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "sub").mkdir()
    for n, name in enumerate(("a.jpg", "b.JPG", "sub/c.jpeg")):
        (folder / name).write_bytes(encode(make_photo(seed=n)))
    (folder / "d.png").write_bytes(b"GIF89a and no more")
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.fixture(scope="module")
def report(gallery: Path) -> dict[str, Any]:
    done = run("rank", "Sofa + 咖啡", gallery, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_json_is_one_document_with_every_photo_scored_or_refused(report: dict[str, Any]) -> None:
    assert list(report) == [
        *("query", "cleaned_query", "model", "readout", "prompt", "calibration", "decode_policy", "versions", "reused"),
        *("full_looks", "spread", "results", "refused", "passed_over"),
    ]
    assert (report["query"], report["cleaned_query"]) == ("Sofa + 咖啡", "sofa + 咖啡")
    assert report["readout"] == "number"
    assert report["prompt"] == {"name": "number", "version": 1, "text_hash": NUMBER.text_hash}
    assert report["model"]["demo"] is True
    assert sorted(photo["name"] for photo in report["results"]) == ["a.jpg", "b.JPG", "sub/c.jpeg"]
    assert report["refused"] == [
        {
            "index": 2,
            "name": "d.png",
            "reason": "not_a_picture",
            "message": "this is GIF, not a JPEG, HEIC, PNG, WebP or AVIF picture",
        }
    ]
    assert report["passed_over"] == {"other_type": 1}


def test_json_ranks_run_from_1_with_the_best_score_first(report: dict[str, Any]) -> None:
    results = report["results"]
    assert [photo["rank"] for photo in results] == [1, 2, 3]
    assert sorted(photo["index"] for photo in results) == [0, 1, 3]
    fields = ["rank", "score", "raw", "expected", "label_mass", "tied", "look", "index", "name", "answer", "rule"]
    fields += FACTS_COLUMNS
    assert all(set(photo) == set(fields) for photo in results)
    assert [photo["score"] for photo in results] == sorted((photo["score"] for photo in results), reverse=True)
    assert all(photo["score"] == float(photo["answer"]) for photo in results)


def test_the_same_run_twice_gives_the_same_scores(report: dict[str, Any], gallery: Path) -> None:
    assert json.loads(run("rank", "Sofa + 咖啡", gallery, "--json").stdout)["results"] == report["results"]


def test_the_table_has_the_best_photos_and_the_refused_ones_apart(gallery: Path, report: dict[str, Any]) -> None:
    done = run("rank", "Sofa + 咖啡", gallery, "--top-k", "2")
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["rank", "score", "name"]
    assert [row.split()[2] for row in rows] == [photo["name"] for photo in report["results"][:2]]
    assert done.stderr.splitlines() == [
        "Nothing here fits well.",
        "d.png: this is GIF, not a JPEG, HEIC, PNG, WebP or AVIF picture",
        "Other files passed over: 1 (of another type 1)",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "usage:"),
        (("rank", "sofa"), 2, "PATH"),
        (("rank", "sofa", ".", "--top-k", "0"), 2, "at least 1"),
        (("rank", "sofa", ".", "--readout", "guess"), 2, "invalid choice: 'guess'"),
        (("why", "sofa"), 2, "PHOTO"),
        (("why", "sofa", "a.jpg", "--score", "10.1"), 2, "a number from 0 to 10"),
        (("why", "sofa", "a.jpg", "--score", "nan"), 2, "a number from 0 to 10"),
        (("why", " ", "a.jpg"), 2, "Please write what you are looking for"),
        (("why", "sofa", "nowhere.jpg"), 1, "nowhere.jpg: the file cannot be read"),
        (("why", "sofa", "nowhere.jpg", "--score", "5"), 1, "nowhere.jpg: the file cannot be read"),
        (("rank", "  ", "."), 2, "Please write what you are looking for"),
        (("rank", "sofa", "nowhere.jpg"), 1, "nowhere.jpg: the file cannot be read"),
        (("rank", "sofa", ".", "--model", "no-such-folder"), 1, "There is no model at no-such-folder. Name a folder"),
        (("rank", "sofa", "lychee_rerank/store"), 1, "No photo was found there.\nOther files passed over: "),
    ],
)
def test_wrong_use_ends_with_2_and_nothing_scored_with_1(arguments: tuple[str, ...], code: int, told: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[1:] == []


@pytest.mark.parametrize(("readout", "template"), [("expected", WHOLE), ("yes_no", YES_NO)])
def test_the_readout_of_the_command_line_counts_before_the_setting(
    gallery: Path, readout: str, template: PromptTemplate
) -> None:
    options = ("rank", "sofa", gallery / "a.jpg", gallery / "b.JPG", "--json")
    told = json.loads(run(*options, "--readout", readout, LYCHEE_READOUT="number").stdout)
    assert (told["readout"], told["prompt"]["text_hash"]) == (readout, template.text_hash)
    assert {photo["rule"] for photo in told["results"]} == {readout}
    assert all(photo["score"] == photo["expected"] for photo in told["results"])
    assert json.loads(run(*options, LYCHEE_READOUT=readout).stdout) == told


def test_the_prompt_of_a_file_is_asked_and_named_by_its_hash(gallery: Path, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("{photo}<query>\n{query}\n</query>\n0 to 10?", encoding="utf-8")
    told = json.loads(run("rank", "sofa", gallery / "a.jpg", "--json", LYCHEE_PROMPT_FILE=str(file)).stdout)
    assert (told["prompt"]["name"], told["prompt"]["version"]) == ("number", 0)
    assert told["prompt"]["text_hash"] not in (NUMBER.text_hash, WHOLE.text_hash)
    refused = run("rank", "sofa", gallery / "a.jpg", "--readout", "yes_no", LYCHEE_PROMPT_FILE=str(file))
    assert (refused.returncode, "the prompt of yes_no is the weights' own" in refused.stderr) == (2, True)


def test_photos_that_only_upload_order_tells_apart_are_marked_in_table_and_json(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(encode(make_photo(seed=1)))
    assert [photo["tied"] for photo in json.loads(run("rank", "sofa", tmp_path, "--json").stdout)["results"]] == [
        True
    ] * 2
    _, *rows = run("rank", "sofa", tmp_path).stdout.splitlines()
    assert [(row.split()[2], row.endswith("= tied, in upload order")) for row in rows] == [
        ("a.jpg", True),
        ("b.jpg", True),
    ]


def test_why_prints_the_score_of_the_ranking_and_what_the_model_says_of_it(
    gallery: Path, report: dict[str, Any]
) -> None:
    done = run("why", "Sofa + 咖啡", gallery / "a.jpg")
    head, *explanation = done.stdout.splitlines()
    (score,) = [photo["score"] for photo in report["results"] if photo["name"] == "a.jpg"]
    assert (done.returncode, done.stderr, head) == (0, "", f"Score: {score:.1f} | {gallery / 'a.jpg'}")
    assert any(line.strip() for line in explanation)


def test_why_explains_the_score_that_it_is_given(gallery: Path) -> None:
    low, high = (run("why", "sofa", gallery / "a.jpg", "--score", score).stdout for score in ("0", "9.96"))
    assert low.splitlines()[0] == f"Score: 0.0 | {gallery / 'a.jpg'}"
    assert high.splitlines()[0] == f"Score: 10.0 | {gallery / 'a.jpg'}"


def test_a_setting_that_cannot_be_used_is_named() -> None:
    done = run("info", LYCHEE_PIXEL_BUDGET="many")
    assert done.returncode == 2
    assert "LYCHEE_PIXEL_BUDGET='many'" in done.stderr


def test_messages_are_chinese_where_the_locale_is() -> None:
    assert "文件无法读取" in run("rank", "沙发", "nowhere.jpg", LC_ALL="zh_CN.UTF-8").stderr


def test_info_says_what_would_be_loaded_and_where() -> None:
    told = run("info").stdout
    assert f"folder  {DEMO_FOLDER}" in told
    assert "bundled demo model" in told
    assert "device  CPU" in told or "GB free" in told
    assert f"readout number (prompt number, version 1, {NUMBER.text_hash[:12]})" in told


def test_info_names_the_map_that_scores_go_through(tmp_path: Path) -> None:
    told = run("info", LYCHEE_CALIBRATION=save_in(tmp_path, MAP)).stdout
    assert f"map     {tmp_path / 'map.json'} (made for demo, number; from 30 photos)" in told
    assert "map  " not in run("info").stdout


def test_a_name_cannot_move_the_cursor(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb\n.jpg").write_bytes(encode(make_photo()))
    table = run("rank", "sofa", tmp_path).stdout
    assert "\x1b" not in table
    assert len(table.splitlines()) == 2


def test_what_was_scored_before_is_not_scored_again_unless_no_store_is_wanted(gallery: Path, tmp_path: Path) -> None:
    def rank(*options: str) -> dict[str, Any]:
        done = run("rank", "sofa", gallery, "--json", *options, LYCHEE_DATA_DIR=str(tmp_path))
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    without = rank("--no-store")
    assert (without["reused"], list(tmp_path.iterdir())) == (0, [])
    first, second, other = rank(), rank(), rank("--readout", "expected")
    assert [report["reused"] for report in (first, second, other)] == [0, 3, 0]
    assert first["results"] == second["results"] == without["results"]


def test_a_data_folder_that_cannot_be_written_costs_no_ranking(gallery: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = run("rank", "sofa", gallery, "--json", LYCHEE_DATA_DIR=str(tmp_path / "file"))
    assert (done.returncode, json.loads(done.stdout)["reused"]) == (0, 0)
    assert "no score is kept" in done.stderr


def test_the_spread_is_told_beside_the_table_and_in_json() -> None:
    done = run("rank", "沙发 + 灯泡 + 咖啡", ROOT / "images", "--top-k", "3")
    assert done.stderr.strip() == "The first 3 stand out."
    spread = json.loads(run("rank", "沙发 + 灯泡 + 咖啡", ROOT / "images", "--json").stdout)["spread"]
    assert (spread["cliff"], spread["verdict"]) == (3, "fine")
    assert sum(spread["bins"]) == sum(spread["bands"]) == 32
