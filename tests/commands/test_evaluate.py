"""`evaluate`, run as a user runs it, with the bundled model: tables, JSON, exit statuses, what stays unloaded."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from lychee_rerank.photos.hashes import hash_file
from lychee_rerank.scoring.calibration import map_score
from tests.pictures import encode, make_photo

ROOT = Path(__file__).parents[2]
RELEVANCE = {"a.jpg": 10, "sub/b.jpg": 4, "broken.jpg": 0}


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`python -m lychee_rerank evaluate` with the bundled model, in English."""
    settings = os.environ | {"LYCHEE_MODEL": "demo", "LC_ALL": "C.UTF-8"} | environment
    command = [sys.executable, "-m", "lychee_rerank", "evaluate", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two queries in two languages over two photos and a broken one."""
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "sub").mkdir()
    (folder / "a.jpg").write_bytes(encode(make_photo(seed=1)))
    (folder / "sub" / "b.jpg").write_bytes(encode(make_photo(seed=2)))
    (folder / "broken.jpg").write_bytes(b"no picture")
    write_queries(folder, {"query": "沙发", "language": "zh"}, {"query": "sofa", "language": "en", "id": "s1"})
    return folder


def write_queries(folder: Path, *queries: dict[str, object], relevance: dict[str, float] = RELEVANCE) -> None:
    lines = [json.dumps(query | {"relevance": relevance}, ensure_ascii=False) for query in queries]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def report(labelled: Path) -> dict[str, Any]:
    done = run(labelled, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_json_has_every_readout_language_and_query(report: dict[str, Any]) -> None:
    assert list(report) == ["model", "versions", "readouts"]
    assert (report["model"]["name"], report["model"]["dtype"]) == ("demo", "float32")
    assert set(report["versions"]) == {"torch", "transformers", "scikit-learn", "scipy"}
    assert [each["readout"] for each in report["readouts"]] == ["number", "expected", "yes_no"]
    assert [each["prompt"]["name"] for each in report["readouts"]] == ["number", "whole", "yes_no"]
    for each in report["readouts"]:
        assert "like_prompt" not in each
        assert all("like" not in query for query in each["queries"])
        assert [row["language"] for row in each["figures"]] == ["zh", "en", "all"]
        assert [(query["id"], query["language"]) for query in each["queries"]] == [("line 1", "zh"), ("s1", "en")]


def test_json_rows_agree_with_the_figures_above_them(report: dict[str, Any]) -> None:
    for each in report["readouts"]:
        chinese, english, everything = each["figures"]
        for figure, rank in (("mrr", "reciprocal_rank"), ("ndcg_at_10", "ndcg_at_10"), ("somers_d", "somers_d")):
            rows = [query["ranks"][rank] for query in each["queries"]]
            assert [chinese[figure], english[figure]] == rows
            assert everything[figure] == pytest.approx(fmean(rows))
        assert (everything["photos"], everything["refused"]) == (6, 2)


def test_json_tells_of_every_photo_its_truth_and_score_or_its_refusal(report: dict[str, Any]) -> None:
    for query in (query for each in report["readouts"] for query in each["queries"]):
        assert {photo["name"]: photo["truth"] for photo in query["photos"]} == RELEVANCE
        *scored, refused = query["photos"]
        assert refused == {"name": "broken.jpg", "truth": 0.0, "refused": "not_a_picture"}
        assert all(set(photo) >= {"score", "expected", "label_mass", "answer", "rule"} for photo in scored)


def test_the_scores_are_those_of_rank(labelled: Path, report: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "lychee_rerank", "rank", "sofa", str(labelled / "a.jpg"), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"LYCHEE_MODEL": "demo"}, capture_output=True, check=True)
    [ranked] = json.loads(done.stdout)["results"]
    [photo] = [row for row in report["readouts"][0]["queries"][1]["photos"] if row["name"] == "a.jpg"]
    assert [photo[key] for key in ("score", "answer")] == [ranked[key] for key in ("score", "answer")]


def test_the_table_shows_one_readout_and_the_refused_photos_apart(labelled: Path, report: dict[str, Any]) -> None:
    done = run(labelled, "--readout", "expected")
    rows = {line[:18].strip(): line[18:].split() for line in done.stdout.splitlines()}
    assert rows["expected"] == ["zh", "en", "all"]
    assert {"number", "yes_no"}.isdisjoint(rows)
    assert (rows["photos"], rows["refused"]) == (["3", "3", "6"], ["1", "1", "2"])
    figures = report["readouts"][1]["figures"]
    assert rows["nDCG@10"] == [f"{row['ndcg_at_10']:.3f}" for row in figures]
    assert rows["Somers' D"] == [f"{row['somers_d']:.3f}" for row in figures]
    assert rows["ECE"] == [f"{row['calibration_error']:.2f}" for row in figures]
    bands = figures[-1]["reliability"]
    head = next(n for n, line in enumerate(done.stdout.splitlines()) if line.split()[:2] == ["language", "score"])
    told = [line[24:].split() for line in done.stdout.splitlines()[head + 1 : head + 1 + len(bands)]]
    assert told == [[str(b["photos"]), f"{b['mean_score']:.2f}", f"{b['mean_truth']:.2f}"] for b in bands]
    assert sum(band["photos"] for band in bands) == 4
    assert done.stderr.splitlines() == [
        f"{query}: broken.jpg: this is a text file, not a JPEG, HEIC, PNG, WebP or AVIF picture"
        for query in ("line 1", "s1")
    ]


def test_a_set_without_a_single_picture_ends_with_1(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    write_queries(tmp_path, {"query": "sofa", "language": "en"}, relevance={"a.jpg": 10, "b.jpg": 0})
    done = run(tmp_path, "--readout", "expected")
    assert done.returncode == 1
    assert "a.jpg: the file is empty" in done.stderr


def test_a_set_that_cannot_be_used_is_told_in_one_line_before_the_model_loads(tmp_path: Path) -> None:
    done = run(tmp_path, LYCHEE_MODEL="no-such-folder")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path / 'queries.jsonl'}: cannot be read (No such file or directory)\n"
    write_queries(tmp_path, {"query": "sofa"})
    told = run(tmp_path, LYCHEE_MODEL="no-such-folder").stderr
    assert told == f"{tmp_path / 'queries.jsonl'}, line 1: lacks the key 'language'\n"


def test_a_readout_that_does_not_exist_is_wrong_use(labelled: Path) -> None:
    done = run(labelled, "--readout", "stars")
    assert done.returncode == 2
    assert "invalid choice: 'stars'" in done.stderr


def test_json_names_the_example_of_each_query_that_has_one_and_its_prompt(labelled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "like"
    shutil.copytree(labelled, folder)
    like: dict[str, object] = {"query": "", "language": "like", "like": "sub/b.jpg"}
    write_queries(folder, {"query": "sofa", "language": "en"}, like, like | {"query": "but in blue"})
    done = run(folder, "--readout", "expected", "--json")
    assert done.returncode == 0, done.stderr
    (readout,) = json.loads(done.stdout)["readouts"]
    named = {"name": "sub/b.jpg", "sha256": hash_file(labelled / "sub" / "b.jpg")}
    assert [(query["query"], query.get("like")) for query in readout["queries"]] == [
        *(("sofa", None), ("", named), ("but in blue", named))
    ]
    assert (readout["prompt"]["name"], readout["like_prompt"]["name"]) == ("whole", "whole_like")
    assert readout["prompt"]["text_hash"] != readout["like_prompt"]["text_hash"]


def test_an_example_that_is_no_picture_is_told_with_its_line_before_the_model_loads(labelled: Path) -> None:
    folder = labelled.parent / "broken_example"
    shutil.copytree(labelled, folder)
    write_queries(folder, {"query": "", "language": "en", "like": "broken.jpg"})
    done = run(folder, LYCHEE_MODEL="no-such-folder")
    told = "the example 'broken.jpg' cannot be used: not a picture (text)"
    assert (done.returncode, done.stderr) == (1, f"{folder / 'queries.jsonl'}, line 1: {told}\n")


def test_other_commands_do_without_the_libraries_that_measure() -> None:
    script = "import sys, lychee_rerank.__main__; sys.exit(bool({'sklearn', 'scipy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map for the bundled model's expected scores, made of two queries over photos of colour."""
    folder = tmp_path_factory.mktemp("calibrated")
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(encode(make_photo(seed=ord(name[0]))))
    lines = [
        {"query": "沙发", "language": "zh", "relevance": {"a.jpg": 6, "b.jpg": 5}},
        {"query": "dog", "language": "en", "relevance": {"a.jpg": 7, "b.jpg": 4}},
    ]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def test_calibrate_writes_a_map_that_rank_applies_beside_the_models_own_score(calibrated: Path) -> None:
    file = calibrated / "map.json"
    done = run(calibrated, "--readout", "expected", "--calibrate", file)
    assert (done.returncode, done.stderr) == (0, "")
    fields = json.loads(file.read_text(encoding="utf-8"))
    assert (fields["model"]["name"], fields["readout"], fields["photos"], fields["queries"]) == (
        *("demo", "expected"),
        *(4, 2),
    )
    figures = f"ECE {fields['ece_before']:.2f} before, {fields['ece_after']:.2f} after"
    assert figures in done.stdout
    command = [sys.executable, "-m", "lychee_rerank", "rank", "沙发", str(calibrated / "a.jpg"), "--json", "--no-store"]
    setting = os.environ | {"LYCHEE_MODEL": "demo", "LYCHEE_READOUT": "expected"}
    plain, mapped = (
        json.loads(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
        for environment in (setting, setting | {"LYCHEE_CALIBRATION": str(file)})
    )
    (before,), (after,) = plain["results"], mapped["results"]
    assert (before["raw"], after["raw"]) == (None, before["score"])
    assert after["score"] == pytest.approx(map_score(fields["knots"], before["score"]))
    assert (plain["calibration"], len(mapped["calibration"])) == (None, 64)
    assert mapped["model"]["fingerprint"] == fields["model"]["fingerprint"]
    other = subprocess.run(
        [*command, "--readout", "number"],
        cwd=ROOT,
        env=setting | {"LYCHEE_CALIBRATION": str(file), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (other.returncode, other.stderr) == (
        2,
        f"The map in {file} (LYCHEE_CALIBRATION) was made for another readout: expected.\n",
    )


def test_calibrate_takes_one_readout_and_a_file_that_is_not_there(calibrated: Path, tmp_path: Path) -> None:
    several = run(calibrated, "--calibrate", tmp_path / "map.json")
    assert several.returncode == 2
    assert "exactly one beside --calibrate" in several.stderr
    (tmp_path / "taken.json").touch()
    taken = run(calibrated, "--readout", "number", "--calibrate", tmp_path / "taken.json")
    assert taken.returncode == 1
    assert "taken.json" in taken.stderr


def test_what_is_measured_is_the_models_own_score_whatever_map_is_set(labelled: Path, tmp_path: Path) -> None:
    fields = {"format": 1, "model": {"name": "demo", "fingerprint": "f"}, "readout": "number", "knots": [[0, 9.5]]}
    fields |= {"prompt": {"name": "n", "version": 1, "text_hash": "h"}, "photos": 1, "queries": 1}
    (tmp_path / "map.json").write_text(json.dumps(fields | {"ece_before": 1, "ece_after": 1}))
    plain, mapped = (
        json.loads(run(labelled, "--readout", "number", "--json", **setting).stdout)["readouts"][0]["queries"]
        for setting in ({}, {"LYCHEE_CALIBRATION": str(tmp_path / "map.json")})
    )
    assert [query["photos"] for query in plain] == [query["photos"] for query in mapped]
