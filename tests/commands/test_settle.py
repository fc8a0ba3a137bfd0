"""rank --settle: the best few, without a full look at every photo."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.test_command_line import ROOT, run

PHOTOS = 60
QUERY = "沙发 + 灯泡 + 咖啡"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples in sizes of their own, so that no two files are the same."""
    folder, samples = tmp_path_factory.mktemp("gallery"), sorted((ROOT / "images").iterdir())
    for number in range(PHOTOS):
        with Image.open(samples[number % len(samples)]) as picture:
            picture.convert("RGB").resize((320 + number, 240)).save(folder / f"{number:02}.jpg")
    return folder


def test_the_best_two_are_those_of_a_full_look_at_every_photo(gallery: Path) -> None:
    whole, settled = (
        json.loads(run("rank", QUERY, gallery, "--json", "--top-k", "2", *more).stdout) for more in ([], ["--settle"])
    )
    assert whole["full_looks"] == PHOTOS
    assert 10 <= settled["full_looks"] < PHOTOS
    fields = ("rank", "name", "score", "look")
    best, settled_best = ([[one[field] for field in fields] for one in of["results"]] for of in (whole, settled))
    assert settled_best == best
    assert [one[3] for one in best] == ["full", "full"]


def test_the_table_says_how_many_photos_were_looked_at_and_keeps_the_others_as_provisional(
    gallery: Path, tmp_path: Path
) -> None:
    done = run("rank", QUERY, gallery, "--top-k", "2", "--settle", "--export", tmp_path / "best")
    assert len(done.stdout.splitlines()) >= 3
    assert f" of {PHOTOS} photos" in done.stderr
    looks = [line.split(",")[8] for line in (tmp_path / "best" / "ranking.csv").read_text("utf-8-sig").splitlines()]
    assert looks[:3] == ["look", "full", "full"]
    assert looks.count("full") + looks.count("quick") == PHOTOS
    assert looks.count("quick") > 0


@pytest.mark.parametrize("options", [["--settle"], ["--settle", "--top-k", "2", "--criteria"]])
def test_there_is_nothing_to_settle_without_a_number_and_with_parts_that_want_every_photo(options: list[str]) -> None:
    done = run("rank", QUERY, "images", *options)
    assert done.returncode == 2
    assert "--settle" in done.stderr
    assert "--top-k" in done.stderr


def test_never_means_never(gallery: Path) -> None:
    done = run("rank", QUERY, gallery, "--json", "--top-k", "2", "--settle", LYCHEE_QUICK_LOOK="never")
    assert json.loads(done.stdout)["full_looks"] == PHOTOS
