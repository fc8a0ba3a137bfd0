"""A JPEG whose picture is all there is scored whatever is wrong with its marks; one that lacks a part is refused."""

import re
from collections.abc import Callable

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.jpeg import Frame, find_scan, has_all_scans, has_several_scans, read_frame
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.photos.decoding import pixels, refusal, same

FORMS: dict[str, dict[str, object]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_blocks": 3},
    "a restart marker per row": {"restart_marker_rows": 1},
    "progressive with restart markers": {"progressive": True, "restart_marker_blocks": 3},
    "no subsampling": {"subsampling": 0, "quality": 95},
    "tables of its own": {"optimize": True, "quality": 30},
    "best quality": {"quality": 100},
}
JPEGS = {name: pictures.encode(pictures.make_photo(160, 120), **options) for name, options in FORMS.items()}
PLAIN = {
    f"{name}, {colour}": pictures.encode(pictures.make_plain(colour, size=(64, 48)), **FORMS[name])
    for name in ("baseline", "progressive", "restart markers", "tables of its own")
    for colour in ("white", "black", "gray", "red")
}


def outcomes(whole: bytes, cut: Callable[[int], bytes], ends: list[int]) -> set[str]:
    """What becomes of the file with each of the ends; a picture that differs is none that was whole."""
    expected, found = decode_photo(whole, fit=same).picture.tobytes(), set()
    for end in ends:
        try:
            found.add(
                "as whole" if decode_photo(cut(end), fit=same).picture.tobytes() == expected else "another picture"
            )
        except PhotoRefused as refused:
            found.add(refused.reason)
    return found


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("name", JPEGS | PLAIN)
def test_a_jpeg_that_lacks_its_end_mark_or_half_of_it_is_whole(name: str, missing: int) -> None:
    whole = (JPEGS | PLAIN)[name]
    assert (pixels(whole[:-missing]) == pixels(whole)).all()


@pytest.mark.parametrize("missing", [3, 4, 5, 10])
@pytest.mark.parametrize("name", JPEGS)
def test_a_jpeg_that_lacks_bytes_before_its_end_mark_is_refused_or_all_there(name: str, missing: int) -> None:
    whole = JPEGS[name]
    assert outcomes(whole, lambda end: whole[:end], [len(whole) - missing]) < {"as whole", RefusalReason.TRUNCATED}


@pytest.mark.parametrize("name", JPEGS)
def test_a_jpeg_cut_where_much_is_missing_is_refused(name: str) -> None:
    whole = JPEGS[name]
    ends = [len(whole) * percent // 100 for percent in (25, 50, 75, 90, 95, 99)] + [len(whole) - 10]
    assert outcomes(whole, lambda end: whole[:end], ends) == {RefusalReason.TRUNCATED}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_jpeg_cut_anywhere_is_refused_or_all_there(name: str) -> None:
    whole = PLAIN[name]
    ends = list(range(find_scan(whole), len(whole) - 10))
    assert RefusalReason.TRUNCATED in outcomes(whole, lambda end: whole[:end], ends)
    assert outcomes(whole, lambda end: whole[:end], ends) <= {"as whole", RefusalReason.TRUNCATED}


def test_a_jpeg_that_ends_between_two_scans_is_refused() -> None:
    whole = JPEGS["progressive"]
    ends = [found.start() for found in re.finditer(rb"\xff[\xc4\xda]", whole)][1:]
    assert len(ends) > 15
    assert outcomes(whole, lambda end: whole[:end], ends) == {RefusalReason.TRUNCATED}


@pytest.mark.parametrize("name", ["restart markers", "a restart marker per row", "progressive with restart markers"])
def test_a_jpeg_that_ends_between_two_intervals_is_refused(name: str) -> None:
    whole = JPEGS[name]
    ends = [end for found in re.finditer(rb"\xff[\xd0-\xd7]", whole) for end in found.span()][-120:]
    assert len(ends) > 12
    assert outcomes(whole, lambda end: whole[:end], ends) == {RefusalReason.TRUNCATED}


@pytest.mark.parametrize("name", ["baseline", "progressive", "restart markers"])
def test_zeros_where_the_end_should_be_make_no_half_picture_whole(name: str) -> None:
    whole = JPEGS[name]
    for zeros in (1, 10, 5_000, 200_000):
        assert outcomes(whole, lambda end: whole[:end] + bytes(zeros), [len(whole) - 2]) == {"as whole"}  # noqa: B023
    halves = outcomes(whole, lambda zeros: whole[: len(whole) // 2] + bytes(zeros), [1, 10, 5_000, 200_000])
    assert halves == {RefusalReason.TRUNCATED}


@pytest.mark.parametrize("start", [b"\xff\xd8" * 2, b"\xff\xd8" * 3, b"\xff\xd8\xff\xff\xd8"])
@pytest.mark.parametrize("name", ["baseline", "progressive"])
def test_a_doubled_start_mark_is_one(name: str, start: bytes) -> None:
    whole = JPEGS[name]
    assert (pixels(start + whole[2:]) == pixels(whole)).all()
    assert (pixels(start + whole[2:-2]) == pixels(whole)).all()
    assert refusal(start + whole[2 : len(whole) // 2]).reason is RefusalReason.TRUNCATED


@pytest.mark.parametrize("before", [b"\x00\x00", b"\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_bytes_before_the_start_mark_make_it_another_file_as_for_browsers(before: bytes) -> None:
    assert refusal(before + JPEGS["baseline"]).reason is RefusalReason.NOT_A_PICTURE


def test_a_jpeg_that_claims_too_much_is_refused_for_that_with_its_end_and_without() -> None:
    claimed = pictures.claim_jpeg_size(JPEGS["baseline"], 65_535, 65_535)
    for content in (claimed, claimed[:-2], claimed[: len(claimed) // 2]):
        assert (refusal(content).reason, refusal(content).detail) == (
            RefusalReason.TOO_MANY_PIXELS,
            "4295 MP > 250 MP",
        )


# What is read of it


@pytest.mark.parametrize("name", JPEGS)
def test_the_frame_and_the_scans_of_a_jpeg_are_read_without_decoding_it(name: str) -> None:
    content, progressive = JPEGS[name], "progressive" in name
    assert read_frame(content) == Frame(160, 120, b"\x01\x02\x03", progressive)
    assert has_several_scans(content, Frame(160, 120, b"\x01\x02\x03", progressive)) is progressive
    assert has_all_scans(content)
    assert has_all_scans(content[: content.rindex(b"\xff\xda") + 14])
    assert not has_all_scans(content[: content.rindex(b"\xff\xda")])


def test_a_jpeg_with_a_scan_per_layer_has_several_and_all_once_each_layer_has_one() -> None:
    split = pictures.split_first_scan(JPEGS["baseline"])[:-2]
    frame = read_frame(split)
    assert frame is not None
    assert has_several_scans(split, frame)
    assert not has_all_scans(split)
    scan = b"\xff\xda\x00\x08\x01%c\x00\x00\x3f\x00data"
    assert not has_all_scans(split + scan % 2)
    assert has_all_scans(split + scan % 2 + scan % 3)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xda", b"\xff\xd8\xff\xc0\x00\x02\xff\xda\x00\x02"]
)
def test_a_jpeg_without_a_frame_has_none_and_no_scans(content: bytes) -> None:
    assert read_frame(content) is None
    assert not has_all_scans(content)


@pytest.mark.parametrize("length", [3, 4, 5, 10, 22])
def test_a_jpeg_that_ends_in_its_first_bytes_ends_too_early(length: int) -> None:
    for content in (JPEGS["baseline"], b"\xff\xd8\xff\xff\xff\xff" + JPEGS["baseline"]):
        assert refusal(content[:length]).reason is RefusalReason.TRUNCATED
