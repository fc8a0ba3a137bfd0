"""HEIC and AVIF come out as phones and browsers show them, and never load more than the process that decodes them."""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from lychee_rerank.photos.decode import decode_photo, make_thumbnail
from lychee_rerank.photos.formats import find_kind
from lychee_rerank.photos.heif import hide_metadata
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.heif_pictures import claim_size, encode_heic, encode_kind, encode_with_turns
from tests.photos.decoding import first_pixel, pixels, refusal, same
from tests.served import ROOT

KINDS = ("HEIC", "AVIF")


def near(content: bytes, colour: tuple[int, ...]) -> bool:
    """True when the corner has this colour, as far as a lossy format keeps it."""
    return int(np.abs(np.subtract(first_pixel(content), colour)).max()) <= 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_comes_out_as_rgb_with_the_pixels_that_went_in(kind: str) -> None:
    photo = pictures.make_photo(96, 64)
    content = encode_kind(kind, photo, quality=90)
    found = decode_photo(content, fit=same).picture
    assert (find_kind(content), found.mode, found.size, found.info) == (kind, "RGB", (96, 64), {})
    assert np.abs(np.asarray(found).astype(int) - np.asarray(photo)).mean() < 12


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_what_fit_says_of_the_original_size(kind: str) -> None:
    seen: list[tuple[int, int]] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        seen.append((width, height))
        return 84, 56

    assert decode_photo(encode_kind(kind, pictures.make_photo(300, 200)), fit=fit).picture.size == (84, 56)
    assert seen == [(300, 200)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bytes_give_the_same_pixels_again(kind: str) -> None:
    content = encode_kind(kind, pictures.make_photo(333, 222))
    assert (pixels(content) == pixels(content)).all()


# Upright


def turn_in_words(picture: Image.Image, turn: int) -> Image.Image:
    """The picture that a viewer shows of one that is stored like this, by the words of EXIF 2.32."""
    shown = np.asarray(picture)
    if turn > 4:
        shown = shown.swapaxes(0, 1)
    if turn in (2, 3, 6, 7):
        shown = shown[:, ::-1]
    if turn in (3, 4, 7, 8):
        shown = shown[::-1]
    return Image.fromarray(np.ascontiguousarray(shown))


@pytest.mark.parametrize("exif", [0, 1, 3, 6, 7])
@pytest.mark.parametrize("boxes", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_the_turn_of_the_boxes_counts_once_whatever_exif_says(kind: str, boxes: int, exif: int) -> None:
    stored = pictures.make_photo(96, 64)
    content = encode_with_turns(kind, stored, boxes=boxes, exif=exif)
    assert (b"irot" in content, b"imir" in content) == (boxes not in (1, 2, 4), boxes in (2, 4, 5, 7))
    found, expected = pixels(content), np.asarray(turn_in_words(stored, boxes)).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 15


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_of_the_test_before_say_in_exif_what_they_should(kind: str) -> None:
    content = encode_with_turns(kind, pictures.make_photo(96, 64), boxes=8, exif=6)
    block = content[content.index(b"MM\x00*") :]
    exif = Image.Exif()
    exif.load(block)
    assert exif[0x0112] == 6
    assert content.count(b"infe") == encode_with_turns(kind, pictures.make_photo(96, 64), boxes=8, exif=0).count(
        b"infe"
    )


@pytest.mark.parametrize("damage", [b"garbage!", b"MM\x00\x2a\xff\xff\xff\xff", bytes(8)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_exif_block_refuses_no_photo(kind: str, damage: bytes) -> None:
    content = encode_kind(kind, pictures.make_photo(96, 64), exif=pictures.make_exif(1))
    place = content.index(b"MM\x00*")
    damaged = content[:place] + damage + content[place + 8 :]
    assert (pixels(damaged) == pixels(content)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_that_lies_outside_the_file_refuses_no_photo(kind: str) -> None:
    content = encode_kind(kind, pictures.make_photo(96, 64), exif=pictures.make_exif(1), xmp=b"<x:xmpmeta/>")
    place = content.index(b"MM\x00*") - 10  # the item's beginning, as the list of places has it
    address = next(at for at in range(place, place - 12, -1) if at.to_bytes(4, "big") in content)
    damaged = content.replace(address.to_bytes(4, "big"), b"\x00\xff\xff\xff")
    assert damaged != content
    assert (pixels(damaged) == pixels(content)).all()


def test_hidden_metadata_moves_no_byte() -> None:
    content = encode_heic(pictures.make_photo(96, 64), exif=pictures.make_exif(6), xmp=b"<x:xmpmeta/>")
    hidden = hide_metadata(content)
    assert len(hidden) == len(content)
    assert [n for n, (one, other) in enumerate(zip(content, hidden, strict=True)) if one != other] != []
    info = pillow_heif.open_heif(BytesIO(hidden)).info
    assert (info["exif"], info.get("xmp")) == (None, None)


# Which picture, and of which kind


@pytest.mark.parametrize("primary", [0, 1, 2])
def test_of_several_pictures_in_a_heic_the_primary_one_is_taken(primary: int) -> None:
    red, blue, wide = (pictures.make_plain(colour, size=(64, 64)) for colour in ("red", "blue", "white"))
    content = encode_heic(red, blue, wide.resize((96, 64)), primary=primary)
    assert pixels(content).shape == ((64, 96, 3) if primary == 2 else (64, 64, 3))
    assert near(content, [(255, 0, 0), (0, 0, 255), (255, 255, 255)][primary])


def test_of_an_animated_avif_the_first_picture_is_taken() -> None:
    red, blue = pictures.make_plain("red", size=(64, 64)), pictures.make_plain("blue", size=(64, 64))
    content = pictures.encode(red, "AVIF", save_all=True, append_images=[blue], duration=100)
    assert content[8:12] == b"avis"
    assert near(content, (254, 0, 0))


@pytest.mark.parametrize("brand", [b"hevc", b"msf1", b"mif1", b"heis"])
def test_a_heic_sequence_with_a_picture_in_it_shows_that_picture(brand: bytes) -> None:
    content = encode_heic(pictures.make_plain("red", size=(64, 64)))
    assert near(content[:8] + brand + content[12:], (255, 0, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_transparency_is_laid_over_white(kind: str) -> None:
    picture = pictures.make_plain((255, 0, 0, 0), mode="RGBA", size=(64, 64))
    picture.paste((0, 0, 255, 255), (32, 0, 64, 64))
    found = pixels(encode_kind(kind, picture))
    assert np.abs(found[4, 4] - (255, 255, 255)).max() <= 4
    assert np.abs(found[4, 60] - (0, 0, 255)).max() <= 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_and_black_and_white_become_rgb(kind: str, mode: str) -> None:
    picture = pictures.make_photo(64, 48).convert(mode)
    expected = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(pixels(encode_kind(kind, picture, quality=100)) - expected).mean() < 8


@pytest.mark.parametrize("mode", ["RGB;16", "L;16"])
def test_ten_bits_become_eight(mode: str) -> None:
    photo = pictures.make_photo(64, 48).convert(mode[:-3])
    levels = np.asarray(photo).astype(np.uint16) * 257
    out = BytesIO()
    pillow_heif.from_bytes(mode, photo.size, levels.tobytes()).save(out, quality=-1, chroma=444)
    assert pillow_heif.open_heif(out).info["bit_depth"] == 10
    assert np.abs(pixels(out.getvalue()) - np.asarray(photo.convert("RGB"))).max() <= 4


def test_a_picture_in_tiles_is_put_together() -> None:
    photo = pictures.make_photo(300, 200)
    content = encode_heic(photo, tile_size=64, quality=90)
    assert b"grid" in content
    assert np.abs(pixels(content) - np.asarray(photo)).mean() < 12


@pytest.mark.parametrize("kind", KINDS)
def test_a_thumbnail_shows_the_photo_upright_and_tells_nothing_else(kind: str) -> None:
    content = encode_kind(kind, pictures.make_photo(320, 240), exif=pictures.make_exif(6))
    assert b"SecretPhoneMaker" in content
    thumbnail = make_thumbnail(content, long_side_px=160, decode=decode_photo)
    assert Image.open(BytesIO(thumbnail)).size == (120, 160)
    assert not any(secret in thumbnail for secret in (b"SecretPhoneMaker", b"Exif", b"ICC_PROFILE"))


# What is refused


@pytest.mark.parametrize("percent", [25, 50, 90, 99])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_ends_too_early_is_called_so(kind: str, percent: int) -> None:
    content = encode_kind(kind, pictures.make_photo())
    assert refusal(content[: len(content) * percent // 100]).reason is RefusalReason.TRUNCATED
    assert refusal(content[:-1]).reason is RefusalReason.TRUNCATED


@pytest.mark.parametrize("rest", [b"left over by a camera" * 99, bytes(1000), b"\x00\x00\xff\xfffree" + bytes(8)])
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_behind_the_end_of_a_picture_are_nobodys_concern(kind: str, rest: bytes) -> None:
    content = encode_kind(kind, pictures.make_photo(64, 48))
    assert (pixels(content + rest) == pixels(content)).all()


@pytest.mark.parametrize("brands", [(b"heic", b"mif1", b"heic"), (b"avif", b"mif1", b"miaf"), (b"hevc", b"msf1")])
def test_a_file_that_is_one_in_name_alone_is_broken(brands: tuple[bytes, ...]) -> None:
    found = refusal(pictures.make_iso_media(*brands))
    assert found.reason is RefusalReason.BROKEN
    assert isinstance(found.__cause__, Exception)


@pytest.mark.parametrize("size", [(16_000, 10_001), (20_000, 20_000), (100_000, 100_000)])
@pytest.mark.parametrize("kind", KINDS)
def test_what_claims_too_many_pixels_is_refused_with_both_numbers(kind: str, size: tuple[int, int]) -> None:
    found = refusal(claim_size(encode_kind(kind, pictures.make_photo()), *size))
    assert found.reason is RefusalReason.TOO_MANY_PIXELS
    assert found.detail == f"{-(-size[0] * size[1] // 1_000_000)} MP > 160 MP"


@pytest.mark.parametrize("size", [(0, 0), (1, 64), (1 << 31, 1 << 31), (12_000, 12_000)])
def test_a_heic_that_is_not_of_the_size_that_it_claims_is_broken(size: tuple[int, int]) -> None:
    assert refusal(claim_size(encode_heic(pictures.make_photo()), *size)).reason is RefusalReason.BROKEN


# Where the decoders live


@pytest.mark.parametrize("name", ["lychee_rerank", "lychee_rerank.service", "lychee_rerank.photos.decode_pool"])
def test_no_process_but_the_decoding_one_loads_the_decoders(name: str) -> None:
    code = f"import sys, {name}; print([m for m in sys.modules if 'pi_heif' in m or 'avif' in m.lower()])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_pillow_is_not_told_of_heic() -> None:
    pixels(encode_heic(pictures.make_photo(64, 48)))
    assert not {"HEIF", "HEIC"} & Image.OPEN.keys()
