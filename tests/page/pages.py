"""What a visitor does on the page and finds on it, without a browser."""

import csv
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO, StringIO

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, Radio

from lychee_rerank.service import open_service
from lychee_rerank.words import CHINESE, ENGLISH
from tests.limits import WAIT_S
from tests.served import ROOT

APP = ROOT / "app.py"
ADDRESS = "http://localhost:8501/"
# Redness is the score: 2.0, 10.0, 0.0, 6.0, whatever the query.
REDS = {"a.png": 51, "b.png": 255, "c.png": 0, "d.png": 153}
# 10.0, 9.6, 9.2, 6.8, 6.4, 3.4, 0.0, in an upload order of their own.
SEVEN_REDS = {"c.png": 173, "a.png": 255, "g.png": 0, "b.png": 245, "d.png": 235, "e.png": 163, "f.png": 87}
QUERY = "something red"
RESULTS = ENGLISH.results
LANGUAGES = pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])

Open = Callable[..., AppTest]


def new_page(locale: str = "en-US", *, wait: bool = True, **query_params: str) -> AppTest:
    """A new visitor's page, drawn once the worker has its model or knows that it gets none; at once without `wait`."""
    page = AppTest.from_file(str(APP), default_timeout=WAIT_S)
    page.context["locale"] = locale
    page.context["url"] = ADDRESS
    page.query_params.update(query_params)
    if wait:
        assert open_service().worker.wait(WAIT_S)
    return page.run()


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return page.file_uploader[0].set_value([(name, content, "image/png") for name, content in files]).run()


def click(page: AppTest, query: str) -> AppTest:
    """Types and clicks."""
    page.text_area(key="query").set_value(query)
    return page.button(key="rerank").click().run()


def finish(page: AppTest) -> AppTest:
    """Draws the page again once its run, if there is one, is over."""
    job = open_service().worker.book.find(page.query_params.get("run", ""))
    assert job is None or job.wait(WAIT_S)
    return page.run() if job else page


def rerank(page: AppTest, query: str) -> AppTest:
    """Types and clicks, and draws the page again once the run is over."""
    return finish(click(page, query))


def texts(page: AppTest) -> list[str]:
    """Every plain text on the page, in order."""
    assert not page.exception, page.exception
    return [
        element.value for kind in (page.markdown, page.text, page.caption, page.info, page.error) for element in kind
    ]


def warnings(page: AppTest) -> list[str]:
    assert not page.exception, page.exception
    return [warning.value for warning in page.warning]


def captions(page: AppTest) -> list[str]:
    return [text for text in texts(page) if text.startswith("**Rank")]


def ranks(page: AppTest) -> list[int]:
    return [int(caption.split()[1]) for caption in captions(page)]


def refusals(page: AppTest) -> dict[str, str]:
    """Name and reason of every refused photo that the page lists."""
    (table,) = page.dataframe
    return dict(zip(table.value.iloc[:, 0], table.value.iloc[:, 1], strict=True))


def large(page: AppTest, index: int) -> Button:
    """The button that opens the photo at this place in upload order."""
    return page.button(key=f"large-{page.query_params['run']}-{index}")


class _Images(HTMLParser):
    """The attributes of each picture in the HTML that was fed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def thumbnails(page: AppTest) -> list[dict[str, str | None]]:
    """The attributes of each picture in the preview and on the cards."""
    parser = _Images()
    for element in page.get("html"):
        parser.feed(element.proto.body)
    return parser.found


def addresses(page: AppTest) -> dict[str, str]:
    """The address behind each link button."""
    return {element.proto.label: element.proto.url for element in page.get("link_button")}


def fetch(page: AppTest, label: str) -> bytes:
    """What the visitor's browser gets for a click on the link."""
    path = addresses(page)[label].removeprefix(ADDRESS.removesuffix("/"))
    download = open_service().downloads.find(path.rsplit("/", 1)[1], owner="")
    assert download is not None
    pieces = download.open()
    assert pieces is not None
    return b"".join(pieces)


def rows_of(table: bytes) -> list[dict[str, str]]:
    """The rows of a CSV, each by column."""
    return list(csv.DictReader(StringIO(table.decode("utf-8-sig"), newline="")))


def export(page: AppTest, part: str, label: str = RESULTS.as_zip) -> bytes:
    export_part(page).set_value(part).run()
    return fetch(page, label)


def export_part(page: AppTest) -> Radio[str]:
    """The choice of what is exported."""
    return next(radio for radio in page.radio if (radio.key or "").startswith("export-part"))


def names_in(content: bytes) -> list[str]:
    """The files in a ZIP."""
    return zipfile.ZipFile(BytesIO(content)).namelist()
