"""The app without a browser, on a folder of the test's own; a fake judge scores by redness."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.caching.cache_resource_api import clear_session_cache
from streamlit.testing.v1 import AppTest

from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.service import close_service
from tests.fakes import FakeJudge
from tests.page.pages import QUERY, SEVEN_REDS, Open, new_page, rerank
from tests.pictures import write_reds


@pytest.fixture
def judge() -> FakeJudge:
    return FakeJudge()


@pytest.fixture
def open_page(tmp_path: Path, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a new visitor's page; `photo_folder` is the mounted folder and the samples."""
    for name, folder in (("IMAGES", photo_folder), ("SAMPLES", photo_folder), ("DATA", tmp_path / "data")):
        monkeypatch.setenv(f"LYCHEE_{name}_DIR", str(folder))
    monkeypatch.setattr(ModelLoader, "load", lambda self: judge)
    st.cache_data.clear()
    clear_session_cache("test session id")  # the one that AppTest gives every page
    yield new_page
    close_service()


@pytest.fixture
def page(open_page: Open, photo_folder: Path) -> AppTest:
    """The page with its results for seven photos."""
    write_reds(photo_folder, SEVEN_REDS)
    return rerank(open_page(), QUERY)
