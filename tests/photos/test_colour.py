"""A photo comes out in sRGB, the colours that its profile means; the values are worked out by plain arithmetic."""

import itertools
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from lychee_rerank.photos.colour_codes import build_profile
from lychee_rerank.photos.decode import decode_photo, encode_picture, make_thumbnail
from tests import pictures, profiles
from tests.heif_pictures import encode_heic, encode_kind
from tests.photos.decoding import pixels, same
from tests.profiles import ADOBE_RGB, DISPLAY_P3, PROPHOTO, SRGB, gamma, linear_of_srgb, make_profile

SPACES = {
    "Display P3": (DISPLAY_P3, linear_of_srgb),
    "Adobe RGB": (ADOBE_RGB, gamma(2.19921875)),
    "ProPhoto": (PROPHOTO, gamma(1.8)),
    "linear": (SRGB, gamma(1.0)),
}
COLOURS = [(200, 100, 50), (60, 180, 90), (20, 30, 220), (128, 128, 128), (255, 255, 255), (0, 0, 0)]
P3 = make_profile(DISPLAY_P3, linear_of_srgb)
KINDS = ("JPEG", "PNG", "WEBP", "HEIC", "AVIF")


def patches(mode: str = "RGB") -> Image.Image:
    """The colours, each in a square of 32 pixels."""
    picture = Image.new(mode, (32 * len(COLOURS), 32))
    for place, colour in enumerate(COLOURS):
        picture.paste(colour if mode == "RGB" else colour[0], (32 * place, 0, 32 * place + 32, 32))
    return picture


def colours_of(content: bytes) -> np.ndarray:
    """What has become of the middle of each square."""
    return pixels(content)[16, 16::32]


def encode_well(kind: str, picture: Image.Image, profile: bytes) -> bytes:
    """The picture with hardly a loss."""
    options = {"quality": 100, "icc_profile": profile}
    if kind == "JPEG":
        options["subsampling"] = 0
    if kind == "HEIC":
        picture.info["icc_profile"] = profile
        return encode_heic(picture, quality=-1, chroma=444)
    return encode_kind(kind, picture, **options)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_colours_are_those_that_the_profile_means(kind: str, space: str) -> None:
    primaries, curve = SPACES[space]
    content = encode_well(kind, patches(), make_profile(primaries, curve))
    plain = colours_of(encode_well(kind, patches(), b""))
    wanted = [profiles.expected(colour, primaries, curve) for colour in plain]
    assert np.abs(colours_of(content) - wanted).max() <= 2.5
    assert np.abs(colours_of(content) - plain).max() > 10


def test_a_palette_a_grey_picture_and_one_with_transparency_have_profiles_too() -> None:
    wanted = [profiles.expected(colour, *SPACES["Adobe RGB"]) for colour in COLOURS]
    profile = make_profile(*SPACES["Adobe RGB"])
    palette = pictures.encode(patches().quantize(16), "PNG", icc_profile=profile)
    assert np.abs(colours_of(palette) - wanted).max() <= 1.5
    layers = patches().convert("RGBA")
    layers.putpixel((0, 0), (0, 0, 0, 0))
    clear = pictures.encode(layers, "PNG", icc_profile=profile)
    assert np.abs(colours_of(clear) - wanted).max() <= 1.5
    assert pixels(clear)[0, 0].tolist() == [255, 255, 255]
    grey = pictures.encode(patches("L"), "PNG", icc_profile=profile)
    wanted_greys = [profiles.expected((level,) * 3, *SPACES["Adobe RGB"]) for level, _, _ in COLOURS]
    assert np.abs(colours_of(grey) - wanted_greys).max() <= 1.5


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("power", [1.0, 1.8, 2.2])
def test_a_profile_for_grey_says_what_grey_means(kind: str, power: float) -> None:
    content = encode_well(kind, patches("L"), profiles.make_grey_profile(gamma(power)))
    wanted = [profiles.srgb_of_linear(np.array((level / 255) ** power)) * 255 for level, _, _ in COLOURS]
    assert np.abs(colours_of(content) - np.array(wanted)[:, None]).max() <= 1.5


def make_inks() -> bytes:
    """A profile of inks that print what they are named after; black lightens nothing else."""
    colours = {}
    for inks in itertools.product((0, 1), repeat=4):
        light = np.array([(1 - ink) * (1 - inks[3]) for ink in inks[:3]])
        colours[inks] = tuple(np.array(SRGB).T @ (0.02 + 0.98 * light))
    return profiles.make_ink_profile(colours)


@pytest.mark.parametrize(
    "ink", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 255, 0), (128, 128, 0, 0), (255, 255, 255, 255)]
)
def test_inks_print_what_their_profile_says(ink: tuple[int, int, int, int]) -> None:
    content = pictures.encode(
        pictures.make_plain(ink, mode="CMYK"), quality=100, icc_profile=make_inks(), subsampling=0
    )
    light = np.array([1 - level / 255 for level in ink[:3]]) * (1 - ink[3] / 255)
    wanted = profiles.srgb_of_linear(light) * 255  # black point compensation: full ink is black
    assert np.abs(pixels(content)[0, 0] - wanted).max() <= 4
    if 128 in ink:  # linear light, where the plain way takes levels
        plain = pixels(pictures.encode(pictures.make_plain(ink, mode="CMYK"), quality=100, subsampling=0))[0, 0]
        assert np.abs(pixels(content)[0, 0] - plain).max() > 30


@pytest.mark.parametrize("points", [16, 26, 1024, 4096])
def test_a_profile_of_srgb_itself_changes_no_pixel(points: int) -> None:
    photo = pictures.make_photo(64, 48)
    own = make_profile(SRGB, linear_of_srgb, points=points)
    assert (pixels(pictures.encode(photo, "PNG", icc_profile=own)) == np.asarray(photo)).all()
    grey = photo.convert("L")
    assert (pixels(pictures.encode(grey, "PNG", icc_profile=own)) == np.asarray(grey.convert("RGB"))).all()


def test_the_profile_that_littlecms_writes_for_srgb_changes_no_pixel() -> None:
    photo, own = pictures.make_photo(64, 48), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (pixels(pictures.encode(photo, "PNG", icc_profile=own)) == np.asarray(photo)).all()


INKS = make_inks()
USELESS = {
    "text": b"profile" * 20,
    "one byte": b"\x00",
    "cut": P3[:200],
    "cut in its curve": P3[:-1500],
    "zeros": bytes(600),
    "a device link": make_profile(DISPLAY_P3, linear_of_srgb, kind=b"link"),
    "an abstract one": make_profile(DISPLAY_P3, linear_of_srgb, kind=b"abst"),
    "named colours": make_profile(DISPLAY_P3, linear_of_srgb, kind=b"nmcl"),
    "for inks": INKS,
    "for grey": profiles.make_grey_profile(gamma(1.0)),
    "of another space": P3[:16] + b"Lab " + P3[20:],
    "of no space": P3[:16] + b"????" + P3[20:],
}


@pytest.mark.parametrize("name", USELESS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_that_cannot_be_used_costs_no_photo_and_changes_no_pixel(kind: str, name: str) -> None:
    with_it, without = (pixels(encode_well(kind, patches(), profile)) for profile in (USELESS[name], b""))
    assert (with_it == without).all()


def test_an_rgb_profile_on_inks_changes_no_pixel() -> None:
    picture = pictures.make_plain((60, 120, 180, 0), mode="CMYK")
    with_it, without = (pixels(pictures.encode(picture, quality=100, icc_profile=one)) for one in (P3, b""))
    assert (with_it == without).all()


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(b"name\0\x07" + zlib.compress(P3), id="packed in another way"),
        pytest.param(b"name\0\0" + zlib.compress(P3)[:-400], id="cut"),
        pytest.param(b"name\0\0nonsense", id="not packed"),
        pytest.param(b"name\0\0" + zlib.compress(bytes(9_000_000)), id="9 MB of zeros"),
        pytest.param(b"", id="empty"),
    ],
)
@pytest.mark.parametrize("sum_fits", [True, False])
def test_a_profile_that_a_png_holds_in_an_odd_way_costs_no_photo(chunk: bytes, sum_fits: bool) -> None:
    photo = pictures.make_photo(64, 48)
    plain, held = pictures.encode(photo, "PNG"), pictures.png_chunk(b"iCCP", chunk)
    content = plain[:33] + (held if sum_fits else held[:-4] + b"\0\0\0\0") + plain[33:]
    assert (pixels(content) == np.asarray(photo)).all()


def test_a_photo_that_is_made_smaller_has_the_colours_of_its_profile_too() -> None:
    picture = Image.new("RGB", (1600, 1200), (200, 100, 50))
    found = decode_photo(pictures.encode(picture, quality=100, icc_profile=P3), fit=lambda _w, _h: (56, 42)).picture
    wanted = profiles.expected((200, 100, 50), DISPLAY_P3, linear_of_srgb)
    assert np.abs(np.asarray(found)[20, 20] - wanted).max() <= 2.5
    assert found.size == (56, 42)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_narrow_photo_with_a_profile_stands_on_white(mode: str) -> None:
    profile = {"RGB": P3, "L": profiles.make_grey_profile(gamma(1.8)), "CMYK": INKS}[mode]
    black = (0, 0, 0, 255) if mode == "CMYK" else 0
    picture = Image.new(mode, (1, 1000), black)
    found = pixels(pictures.encode(picture, quality=100, icc_profile=profile))
    assert found.shape == (1000, 5, 3)
    assert found[500, 2].max() < 110
    assert found[:, [0, 1, 3, 4]].min() >= 250


def test_a_thumbnail_has_the_colours_and_no_profile() -> None:
    content = pictures.encode(patches(), quality=100, subsampling=0, icc_profile=P3)
    thumbnail = Image.open(BytesIO(make_thumbnail(content, long_side_px=192, decode=decode_photo)))
    wanted = profiles.expected(COLOURS[0], DISPLAY_P3, linear_of_srgb)
    assert "icc_profile" not in thumbnail.info
    assert np.abs(np.subtract(thumbnail.getpixel((16, 16)), wanted)).max() <= 5


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK"])
def test_a_picture_that_is_no_file_keeps_the_colours_of_its_profile(mode: str) -> None:
    picture = patches().convert(mode) if mode != "P" else patches().quantize(16)
    picture.info["icc_profile"] = INKS if mode == "CMYK" else P3
    if mode == "CMYK":
        expected = pixels(pictures.encode(picture, quality=100, subsampling=0, icc_profile=INKS))
    else:
        expected = pixels(pictures.encode(patches(), "PNG", icc_profile=P3))
    assert np.abs(pixels(encode_picture(picture)) - expected).max() <= 4


# Codes in place of a profile


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_display_p3_is_known_by_its_codes_too(kind: str) -> None:
    content = encode_kind(kind, patches(), quality=100)
    marked = content.replace(b"nclx\x00\x01\x00\x0d", b"nclx\x00\x0c\x00\x0d")
    assert marked != content
    plain = colours_of(content)
    wanted = [profiles.expected(colour, DISPLAY_P3, linear_of_srgb) for colour in plain]
    assert np.abs(colours_of(marked) - wanted).max() <= 2.5
    assert np.abs(colours_of(marked) - plain).max() > 10


@pytest.mark.parametrize("codes", [(1, 13), (2, 2), (1, 1), (1, 6), (5, 6), (1, 255), (65535, 65535)])
@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_codes_that_come_to_srgb_or_to_nothing_known_change_no_pixel(kind: str, codes: tuple[int, int]) -> None:
    content = encode_kind(kind, patches())
    marked = content.replace(b"nclx\x00\x01\x00\x0d", b"nclx" + struct.pack(">2H", *codes))
    assert (pixels(marked) == pixels(content)).all()


def through(level: int, *, primaries: int, transfer: int) -> int:
    """The sRGB level that this grey becomes."""
    picture = Image.new("RGB", (16, 16), (level,) * 3)
    content = pictures.encode(picture, "PNG", icc_profile=build_profile(primaries=primaries, transfer=transfer))
    red, green, blue = pixels(content)[8, 8].tolist()
    assert max(red, green, blue) - min(red, green, blue) <= 1
    return int(red)


@pytest.mark.parametrize(
    ("transfer", "level", "shown"),
    [
        (8, 55, 128),  # linear: 0.216
        (4, 128, 129),
        (16, 148, 255),  # PQ: 203 cd/m2 is paper white
        (16, 75, 61),  # 6.1 cd/m2, 3 % of it
        (18, 191, 254),  # HLG: 75 % of the signal is paper white
        (18, 255, 255),
        (18, 0, 0),
    ],
)
@pytest.mark.parametrize("primaries", [1, 9, 12])
def test_curves_are_those_of_their_standards_and_grey_stays_grey(
    primaries: int, transfer: int, level: int, shown: int
) -> None:
    assert abs(through(level, primaries=primaries, transfer=transfer) - shown) <= 2


def test_the_primaries_of_bt_2020_are_wider_than_those_of_p3() -> None:
    found = {}
    for primaries in (1, 9, 12):
        picture = Image.new("RGB", (16, 16), (180, 100, 100))
        profile = build_profile(primaries=primaries, transfer=13)
        found[primaries] = pixels(pictures.encode(picture, "PNG", icc_profile=profile))[8, 8]
    red_over_green = {primaries: int(red) - int(green) for primaries, (red, green, _) in found.items()}
    assert red_over_green[1] == 80 < red_over_green[12] < red_over_green[9]


def test_what_fit_asks_for_is_the_size_with_a_profile_and_without() -> None:
    for profile in (b"", P3):
        content = pictures.encode(pictures.make_photo(64, 48), icc_profile=profile)
        assert decode_photo(content, fit=same).picture.size == (64, 48)
