"""One rule for the turn: what EXIF says, as browsers have it; XMP and ImageMagick's own text turn nothing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lychee_rerank.photos.decode import encode_picture
from tests import pictures
from tests.photos.decoding import pixels

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
)
KINDS = ("JPEG", "PNG", "WEBP")


def encode(kind: str, *, xmp: int, exif: int = 0) -> bytes:
    """48x32 pixels with a turn in XMP, and one in EXIF unless that is 0."""
    block, options = XMP % xmp, {"exif": pictures.make_exif(exif)} if exif else {}
    photo = pictures.make_photo(48, 32)
    if kind == "JPEG":
        plain = pictures.encode(photo, **options)
        return pictures.add_jpeg_segment(plain, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + block)
    if kind == "WEBP":
        return pictures.encode(photo, kind, xmp=block, **options)
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", block.decode())
    return pictures.encode(photo, kind, pnginfo=text, **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("xmp", range(2, 9))
def test_a_turn_in_xmp_alone_turns_nothing(kind: str, xmp: int) -> None:
    content = encode(kind, xmp=xmp)
    assert b"tiff:Orientation" in content
    assert (pixels(content) == pixels(pictures.encode(pictures.make_photo(48, 32), kind))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_in_exif_counts_beside_another_in_xmp(kind: str) -> None:
    assert pixels(encode(kind, xmp=3, exif=6)).shape == (48, 32, 3)
    assert pixels(encode(kind, xmp=6, exif=3)).shape == (32, 48, 3)


def test_an_exif_block_written_as_text_turns_nothing() -> None:
    block, text = pictures.make_exif(6), PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
    assert pixels(pictures.encode(pictures.make_photo(48, 32), "PNG", pnginfo=text)).shape == (32, 48, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_no_file_is_turned_by_the_same_rule(tmp_path: Path, kind: str) -> None:
    shapes = []
    for xmp, exif in ((6, 0), (6, 1), (1, 6), (3, 8)):
        (tmp_path / "photo").write_bytes(encode(kind, xmp=xmp, exif=exif))
        with Image.open(tmp_path / "photo") as picture:
            picture.getexif()  # as a program may have asked before
            shapes.append(pixels(encode_picture(picture)).shape)
    assert shapes == [(32, 48, 3), (32, 48, 3), (48, 32, 3), (48, 32, 3)]


def test_a_picture_from_a_tiff_stands_as_pillow_sets_it_upright(tmp_path: Path) -> None:
    photo = pictures.make_photo(48, 32)
    photo.save(tmp_path / "a.tif", exif=pictures.make_exif(6))
    with Image.open(tmp_path / "a.tif") as picture:
        assert (pixels(encode_picture(picture)) == np.asarray(photo.transpose(Image.Transpose.ROTATE_270))).all()
