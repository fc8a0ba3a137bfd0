"""A user without a home, as in a container under any user's number: the data folder stands in for it."""

import os
import pwd
from pathlib import Path

import pytest
from streamlit import file_util

from lychee_rerank.machine import ensure_home


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setenv("HOME", "")  # so that what is set here is undone
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)


@pytest.mark.usefixtures("homeless")
def test_streamlit_finds_its_settings_where_the_user_has_no_home(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        file_util.get_streamlit_file_path("config.toml")
    ensure_home(tmp_path)
    assert file_util.get_streamlit_file_path("config.toml").startswith(str(tmp_path))


def test_a_home_that_is_there_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    ensure_home(tmp_path)
    assert os.environ["HOME"] == "/home/ann"
