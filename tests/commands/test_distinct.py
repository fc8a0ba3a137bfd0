"""rank --distinct: of photos that are nearly the same only the best."""

import json
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from tests.commands.test_command_line import ROOT, run

SIZES = (480, 400, 240)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four samples in three sizes and qualities each, with what a camera would tell of them."""
    folder, samples = tmp_path_factory.mktemp("gallery"), sorted((ROOT / "images").iterdir())[:4]
    for place, sample in enumerate(samples):
        exif = Image.Exif()
        exif[ExifTags.Base.Model] = "EOS R5"
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"2026:05:0{place + 1} 12:00:00"
        for width in SIZES:
            with Image.open(sample) as picture:
                small = picture.convert("RGB").resize((width, width * 3 // 4))
                small.save(folder / f"{place}-{width}.jpg", quality=40 + width // 10, exif=exif)
    return folder


def test_top_k_counts_one_of_each_and_the_ranks_stay_what_they_are(gallery: Path, tmp_path: Path) -> None:
    query = ("rank", "沙发 + 灯泡 + 咖啡", gallery)
    whole = json.loads(run(*query, "--json").stdout)["results"]
    assert len(whole) == 12
    groups = [one["group"] for one in whole]
    assert {groups.count(group) for group in groups} == {3}
    assert {one["name"].split("-")[0] for one in whole if one["group"] == 1} == {whole[0]["name"].split("-")[0]}
    distinct = json.loads(run(*query, "--json", "--distinct", "--top-k", "3").stdout)["results"]
    assert [one["rank"] for one in distinct] == sorted(set(groups))[:3]
    assert distinct == [one for one in whole if one["rank"] == one["group"]][:3]
    first = whole[0]
    assert (first["width_px"], first["orientation"], first["camera"]) == (
        int(first["name"].split("-")[1].removesuffix(".jpg")),
        "landscape",
        "EOS R5",
    )
    assert first["taken"] == f"2026-05-0{int(Path(first['name']).name[0]) + 1}T12:00:00"
    done = run(*query, "--distinct", "--export", tmp_path / "best")
    assert done.stdout.count("best of 3") == 4
    assert len(list((tmp_path / "best").glob("*.jpg"))) == 4
    table = (tmp_path / "best" / "ranking.csv").read_text("utf-8-sig").splitlines()
    assert "group,width_px,height_px,orientation,taken,camera" in table[0]
    assert len(table) == 13


def test_what_settles_is_not_known_where_near_copies_do_not_count(gallery: Path) -> None:
    done = run("rank", "sofa", gallery, "--settle", "--top-k", "2", "--distinct")
    assert done.returncode == 2
    assert "--distinct" in done.stderr
