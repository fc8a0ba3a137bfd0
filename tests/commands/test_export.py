"""`rank --export` and `moderate`, run as a user runs them, with the bundled model."""

import csv
import json
from pathlib import Path

import pytest

from tests.commands.test_command_line import ROOT, run
from tests.pictures import encode, make_photo

SAMPLES = [ROOT / "images" / name for name in ("IMG_1206.jpg", "IMG_4867.jpg", "IMG_5969.webp", "IMG_7489.jpg")]
QUERY = "沙发 + 灯泡 + 咖啡"


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_best_are_copied_with_the_whole_ranking_beside_them(tmp_path: Path) -> None:
    out = tmp_path / "best"
    done = run("rank", QUERY, *SAMPLES, "--export", out, "--top-k", "2", "--json")
    assert done.returncode == 0
    first, second = (photo["name"] for photo in json.loads(done.stdout)["results"])
    assert listing(out) == [f"001_10.0_{first}", f"002_10.0_{second}", "ranking.csv"]
    assert (out / f"001_10.0_{first}").read_bytes() == (ROOT / "images" / first).read_bytes()
    assert [row["file"] for row in rows_of(out / "ranking.csv")] == [*listing(out)[:2], "", ""]
    assert done.stderr == f"2 photos copied to {out}, with ranking.csv.\n"


def test_a_score_cuts_what_is_printed_and_what_is_copied(tmp_path: Path) -> None:
    done = run("rank", QUERY, *SAMPLES, "--export", tmp_path, "--min-score", "6.7")
    assert [line.split()[2] for line in done.stdout.splitlines()[1:]] == [
        name.split("_", 2)[2] for name in listing(tmp_path)[:-1]
    ]
    assert len(listing(tmp_path)) == 4


def test_stars_and_query_are_written_as_asked(tmp_path: Path) -> None:
    run("rank", QUERY, *SAMPLES, "--export", tmp_path, "--xmp", "embedded", "--stars", "1,3,5,6,10")
    (turned,) = tmp_path.glob("*IMG_7489.jpg")
    assert b'xmp:Rating="4"' in turned.read_bytes()
    assert "沙发".encode() not in turned.read_bytes()
    (beside,) = tmp_path.glob("*.xmp")
    assert beside.name.endswith("IMG_5969.webp.xmp")
    run("rank", QUERY, SAMPLES[0], "--export", tmp_path / "two", "--xmp", "sidecar-short", "--write-query")
    (sidecar,) = (tmp_path / "two").glob("*.xmp")
    assert sidecar.name == "001_3.3_IMG_1206.xmp"
    assert QUERY in sidecar.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--export", "README.md"), 1, "README.md is no folder"),
        (("--xmp", "embedded"), 2, "--export FOLDER"),
        (("--export", "{tmp}", "--write-query"), 2, "another form beside --write-query"),
        (("--export", "{tmp}", "--stars", "1,2,3,4,5"), 2, "another form beside --stars"),
        (("--export", "{tmp}", "--xmp", "sidecar", "--stars", "1,2"), 2, "five rising scores"),
        (("--min-score", "11"), 2, "a number from 0 to 10"),
    ],
)
def test_what_cannot_be_exported_is_told_before_the_model_loads(
    tmp_path: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    filled = [option.format(tmp=tmp_path) for option in options]
    done = run("rank", "sofa", SAMPLES[0], *filled, LYCHEE_MODEL="no-such-folder")
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert listing(tmp_path) == []


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two samples, each with a text that fits and one that does not, a broken photo and three bad rows."""
    for sample in (SAMPLES[0], SAMPLES[1]):
        (tmp_path / sample.name).write_bytes(sample.read_bytes())
    (tmp_path / "broken.jpg").write_bytes(encode(make_photo())[:400])
    rows = [
        *("IMG_1206.jpg,沙发,1", "IMG_4867.jpg,沙发,yes", "IMG_1206.jpg,a dog,does not", "IMG_4867.jpg,a dog,0"),
        *("broken.jpg,沙发,1", "gone.jpg,沙发,1", "../x.jpg,沙发,1", "IMG_1206.jpg,沙发,perhaps"),
    ]
    file = tmp_path / "pairs.csv"
    file.write_text("\ufefffile,text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_pairs_that_do_not_fit_are_printed_and_exported_first(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "flagged.csv"
    done = run("moderate", pairs, "--export", out)
    head, *told = done.stdout.splitlines()
    assert (done.returncode, head.split()) == (0, ["score", "file", "text"])
    assert [line.split(maxsplit=2)[1:] for line in told[:2]] == [["IMG_1206.jpg", "a dog"], ["IMG_4867.jpg", "a dog"]]
    assert told[2:6] == [
        "",
        "5 pairs = 2 below 5 + 2 not below it + 1 refused",
        "Against 4 labels: accuracy 100.0%, precision 100.0%, recall 100.0%",
        "Manual work saved: 40.0%",
    ]
    assert done.stderr.splitlines()[:4] == [
        "line 6: the file ends too early (broken.jpg)",
        "line 7: there is no such file (gone.jpg)",
        "line 8: the name leads out of the folder of the list (../x.jpg)",
        "line 9: the label is none of 1, 0, yes, no, fits, does not (IMG_1206.jpg)",
    ]
    rows = rows_of(out)
    assert [row["flagged"] for row in rows] == ["yes", "yes", "no", "no", "", "", "", ""]
    assert all(float(row["answer"]) == float(row["score"]) for row in rows[:4])


def test_pairs_are_scored_as_rank_scores_them(pairs: Path, tmp_path: Path) -> None:
    run("moderate", pairs, "--export", tmp_path / "o.csv", "--readout", "expected")
    ranked = json.loads(run("rank", "a dog", tmp_path / "IMG_1206.jpg", "--json", "--readout", "expected").stdout)
    (row,) = [row for row in rows_of(tmp_path / "o.csv") if (row["file"], row["text"]) == ("IMG_1206.jpg", "a dog")]
    assert float(row["score"]) == pytest.approx(ranked["results"][0]["score"], abs=1e-6)


def test_a_list_without_a_pair_that_can_be_scored_ends_with_1_and_loads_no_model(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("file,text\ngone.jpg,sofa\n")
    done = run("moderate", file, LYCHEE_MODEL="no-such-folder")
    assert (done.returncode, done.stderr) == (1, "line 2: there is no such file (gone.jpg)\n")
    assert "Manual work saved: undefined" in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("{tmp}/gone.csv",), 1, "cannot be read"),
        (("{tmp}/photo.jpg",), 1, "is of no certain encoding"),
        (("{tmp}/list.csv",), 1, "has to name the columns"),
        (("{tmp}/list.csv", "--export", "{tmp}/photo.jpg"), 1, "nothing is overwritten"),
        (("{tmp}/list.csv", "--threshold", "12"), 2, "a number from 0 to 10"),
    ],
)
def test_a_list_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "photo.jpg").write_bytes(encode(make_photo()))
    (tmp_path / "list.csv").write_text("photo,words\n")
    done = run("moderate", *(option.format(tmp=tmp_path) for option in options), LYCHEE_MODEL="no-such-folder")
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
