"""Files dropped on the page: one gallery, kept on the disk, beside the mounted folder."""

from pathlib import Path

from lychee_rerank.words import ENGLISH
from tests.page.pages import REDS, Open, captions, refusals, rerank, texts, upload, warnings
from tests.pictures import encode, make_plain, write_reds


def test_drops_add_up_to_one_gallery_and_come_before_the_folder(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = open_page()
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    assert "1 photo" in texts(page)
    upload(page, ("y.png", encode(make_plain((204, 0, 0)), "PNG")), ("z.png", b"hello"))
    assert "3 photos" in texts(page)
    rerank(page, "red")
    assert captions(page) == ["**Rank 1 | Score: 8.0**", "**Rank 2 | Score: 4.0**"]
    assert refusals(page) == {"z.png": "this is a text file, not a JPEG, HEIC, PNG, WebP or AVIF picture"}


def test_the_page_can_switch_between_uploads_and_folder(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = open_page()
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    page.segmented_control(key="source-1").set_value("folder").run()
    assert "4 photos" in texts(page)
    page.button(key="new-gallery").click().run()
    assert "4 photos" in texts(page)
    assert page.file_uploader[0].label == ENGLISH.drop_label


def test_a_dropped_name_is_shown_as_text(open_page: Open) -> None:
    names = ["![x](http://example.com/x.png).png", "<script>alert(1)</script>.png"]
    page = open_page()
    upload(page, *((name, encode(make_plain((n, 0, 0)), "PNG")) for n, name in enumerate(names)))
    rerank(page, "red")
    assert {text.value for text in page.text} >= set(names)
    assert not [markdown.value for markdown in page.markdown if "example.com" in markdown.value]


def test_what_was_dropped_is_on_the_disk_and_no_longer_in_memory(open_page: Open, tmp_path: Path) -> None:
    page = upload(open_page(), ("x.png", b"first"), ("y.png", b"second"))
    assert "2 photos" in texts(page)
    kept = [path for path in (tmp_path / "data" / "uploads").iterdir() if path.is_file()]
    assert sorted(path.read_bytes() for path in kept) == [b"first", b"second"]
    assert page.file_uploader[0].value == []


def test_a_gallery_that_is_not_known_shows_a_notice(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = open_page(gallery="nobody")
    assert warnings(page) == [ENGLISH.gallery_gone]
    assert "gallery" not in page.query_params
