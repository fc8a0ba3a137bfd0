"""The command line, run as a user runs it: tables, JSON, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lychee_rerank.weights import DEMO_FOLDER
from tests.pictures import encode, make_photo

ROOT = Path(__file__).parent.parent


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`python -m lychee_rerank` with the bundled model, in English."""
    settings = os.environ | {"LYCHEE_MODEL": "demo", "LC_ALL": "C.UTF-8"} | environment
    command = [sys.executable, "-m", "lychee_rerank", *map(str, arguments)]
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
    assert list(report) == ["query", "model", "readout", "results", "refused"]
    assert (report["query"], report["readout"]) == ("Sofa + 咖啡", "number")
    assert report["model"]["demo"] is True
    assert sorted(photo["name"] for photo in report["results"]) == ["a.jpg", "b.JPG", "sub/c.jpeg"]
    assert report["refused"] == [
        {
            "index": 2,
            "name": "d.png",
            "reason": "not_a_picture",
            "message": "this is GIF, not a JPEG, PNG or WebP picture",
        }
    ]


def test_json_ranks_run_from_1_with_the_best_score_first(report: dict[str, Any]) -> None:
    results = report["results"]
    assert [photo["rank"] for photo in results] == [1, 2, 3]
    assert sorted(photo["index"] for photo in results) == [0, 1, 3]
    assert all(set(photo) == {"rank", "score", "index", "name", "answer", "rule"} for photo in results)
    assert [photo["score"] for photo in results] == sorted((photo["score"] for photo in results), reverse=True)
    assert all(photo["score"] == float(photo["answer"]) for photo in results)


def test_the_same_run_twice_gives_the_same_scores(report: dict[str, Any], gallery: Path) -> None:
    assert json.loads(run("rank", "Sofa + 咖啡", gallery, "--json").stdout)["results"] == report["results"]


def test_the_table_has_the_best_photos_and_the_refused_ones_apart(gallery: Path, report: dict[str, Any]) -> None:
    done = run("rank", "Sofa + 咖啡", gallery, "--top-k", "2")
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["rank", "score", "name"]
    assert [row.split()[2] for row in rows] == [photo["name"] for photo in report["results"][:2]]
    assert done.stderr.strip() == "d.png: this is GIF, not a JPEG, PNG or WebP picture"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "usage:"),
        (("rank", "sofa"), 2, "PATH"),
        (("rank", "sofa", ".", "--top-k", "0"), 2, "at least 1"),
        (("rank", "  ", "."), 2, "Please write what you are looking for"),
        (("rank", "sofa", "nowhere.jpg"), 1, "nowhere.jpg: the file cannot be read"),
        (("rank", "sofa", ".", "--model", "no-such-folder"), 1, "There is no model at no-such-folder. Name a folder"),
        (("rank", "sofa", "lychee_rerank/page"), 1, "No photo was found there"),
    ],
)
def test_wrong_use_ends_with_2_and_nothing_scored_with_1(arguments: tuple[str, ...], code: int, told: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[1:] == []


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


def test_a_name_cannot_move_the_cursor(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb\n.jpg").write_bytes(encode(make_photo()))
    table = run("rank", "sofa", tmp_path).stdout
    assert "\x1b" not in table
    assert len(table.splitlines()) == 2
