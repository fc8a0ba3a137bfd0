"""Settings from the environment."""

import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.errors import SettingInvalid
from lychee_rerank.model_card import EmptyCache
from lychee_rerank.records import Readout
from lychee_rerank.scoring.prompts import NUMBER, WHOLE, YES_NO
from lychee_rerank.scoring.quick_look import QuickLookPlan, QuickLooks
from lychee_rerank.settings import PROJECT_FOLDER, load_settings
from tests.maps import MAP, save_in

FIELDS = {"LYCHEE_PIXEL_BUDGET": "pixel_budget_px"}  # the others are called as their variables are


def test_without_variables_everything_has_its_default() -> None:
    settings = load_settings({})
    assert settings.model is None
    assert settings.images_dir == settings.samples_dir == PROJECT_FOLDER / "images"
    assert settings.models_dir == settings.data_dir / "models"
    assert (settings.pixel_budget_px, settings.dtype, settings.port) == (None, None, 8501)
    assert settings.empty_cache is EmptyCache.PHOTO
    assert (settings.keep_days, settings.keep_bytes) == (30, 20 * 10**9)
    assert (settings.readout, settings.template) == (Readout.NUMBER, NUMBER)
    assert (settings.address, settings.allowed_hosts, settings.base_path) == ("127.0.0.1", (), "")
    assert (settings.device, settings.memory_bytes, settings.password, settings.prompt) == (None,) * 4
    assert settings.follow_links is False
    assert (settings.api, settings.api_key, settings.metrics) == (True, None, False)
    assert (settings.servers, settings.server_model, settings.server_revision, settings.server_key) == (
        (),
        None,
        "",
        None,
    )


def test_without_a_checkout_around_the_gallery_lies_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lychee_rerank.settings.PROJECT_FOLDER", tmp_path / "site-packages")
    settings = load_settings({"LYCHEE_DATA_DIR": str(tmp_path)})
    assert settings.images_dir == settings.samples_dir == tmp_path / "images"
    assert load_settings({"LYCHEE_IMAGES_DIR": "/photos"}).images_dir == Path("/photos")


def test_every_variable_is_read() -> None:
    settings = load_settings(
        {
            "LYCHEE_MODEL": "demo",
            "LYCHEE_MODELS_DIR": "/models",
            "LYCHEE_IMAGES_DIR": "/app/images",
            "LYCHEE_SAMPLES_DIR": "/app/samples",
            "LYCHEE_DATA_DIR": "/data",
            "LYCHEE_FOLLOW_LINKS": "yes",
            "LYCHEE_PIXEL_BUDGET": "200704",
            "LYCHEE_DEVICE": "cpu",
            "LYCHEE_LOG_LEVEL": "debug",
            "LYCHEE_DTYPE": "float16",
            "LYCHEE_MEMORY_BYTES": "0",
            "LYCHEE_PASSWORD": "open sesame",
            "LYCHEE_EMPTY_CACHE": "never",
            "LYCHEE_READOUT": "yes_no",
            "LYCHEE_QUICK_LOOK": "always",
            "LYCHEE_QUICK_TOKENS": "25",
            "LYCHEE_QUICK_BYTES": "0",
            "LYCHEE_KEEP_DAYS": "0",
            "LYCHEE_KEEP_BYTES": "0",
            "LYCHEE_PORT": "9000",
            "LYCHEE_ADDRESS": "0.0.0.0",
            "LYCHEE_BASE_PATH": "photos",
            "LYCHEE_ALLOWED_HOSTS": "my-host other.example",
            "LYCHEE_API": "off",
            "LYCHEE_API_KEY": "open programs",
            "LYCHEE_METRICS": "on",
            "LYCHEE_SERVERS": "http://a:8000  https://b.example/models",
            "LYCHEE_SERVER_MODEL": "lychee",
            "LYCHEE_SERVER_REVISION": "7",
            "LYCHEE_SERVER_KEY": "open servers",
        }
    )
    assert (settings.model, settings.models_dir, settings.data_dir) == ("demo", Path("/models"), Path("/data"))
    assert (settings.images_dir, settings.samples_dir) == (Path("/app/images"), Path("/app/samples"))
    assert (settings.pixel_budget_px, settings.dtype, settings.port) == (200704, "float16", 9000)
    assert settings.empty_cache is EmptyCache.NEVER
    assert (settings.keep_days, settings.keep_bytes) == (0, 0)
    assert (settings.readout, settings.template) == (Readout.YES_NO, YES_NO)
    assert (settings.quick_looks, settings.quick_bytes) == (QuickLookPlan(QuickLooks.ALWAYS, tokens=25), 0)
    assert (settings.address, settings.allowed_hosts) == ("0.0.0.0", ("my-host", "other.example"))
    assert (settings.base_path, settings.log_level) == ("/photos", "debug")
    assert (settings.device, settings.memory_bytes, settings.password) == ("cpu", 0, "open sesame")
    assert settings.follow_links is True
    assert (settings.api, settings.api_key, settings.metrics) == (False, "open programs", True)
    assert settings.servers == ("http://a:8000", "https://b.example/models")
    assert (settings.server_model, settings.server_revision, settings.server_key) == ("lychee", "7", "open servers")
    assert "open " not in repr(settings)
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("LYCHEE_PIXEL_BUDGET", 3136),
        ("LYCHEE_KEEP_DAYS", 0),
        ("LYCHEE_KEEP_BYTES", 0),
        ("LYCHEE_MEMORY_BYTES", 0),
        ("LYCHEE_QUICK_BYTES", 0),
        ("LYCHEE_PORT", 1),
    ],
)
def test_a_number_may_be_the_least_one_and_no_smaller(name: str, least: int) -> None:
    assert getattr(load_settings({name: str(least)}), FIELDS.get(name, name[7:].lower())) == least
    with pytest.raises(SettingInvalid) as invalid:
        load_settings({name: str(least - 1)})
    assert (invalid.value.name, invalid.value.expected) == (name, f"a whole number of at least {least}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LYCHEE_PIXEL_BUDGET", "many"),
        ("LYCHEE_PIXEL_BUDGET", "783"),
        ("LYCHEE_PIXEL_BUDGET", "-3136"),
        ("LYCHEE_FOLLOW_LINKS", "maybe"),
        ("LYCHEE_DTYPE", "int4"),
        ("LYCHEE_EMPTY_CACHE", "sometimes"),
        ("LYCHEE_READOUT", "guess"),
        ("LYCHEE_QUICK_LOOK", "sometimes"),
        ("LYCHEE_QUICK_TOKENS", "3"),
        ("LYCHEE_KEEP_DAYS", "ever"),
        ("LYCHEE_KEEP_BYTES", "-1"),
        ("LYCHEE_PROMPT_FILE", "no-such-file"),
        ("LYCHEE_PROMPT_FILE", "/"),
        ("LYCHEE_PORT", "0"),
        ("LYCHEE_PORT", "http"),
        ("LYCHEE_API", "maybe"),
        ("LYCHEE_METRICS", "yes"),
        ("LYCHEE_SERVERS", "box:8000"),
        ("LYCHEE_SERVERS", "http://a:8000 b"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        load_settings({name: value})
    assert (invalid.value.name, invalid.value.value) == (name, value)


def prompt_file(folder: Path, content: bytes) -> str:
    path = folder / "prompt.txt"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(("readout", "template"), [("number", NUMBER), ("expected", WHOLE)])
@pytest.mark.parametrize(
    ("content", "user"),
    [
        ("{photo}给分: {query}\n", "{photo}给分: {query}"),
        ("Score {query}\r\nin {photo}, 0 to 10", "Score {query}\nin {photo}, 0 to 10"),
        ("Score {query}; I say {query}!", "{photo}Score {query}; I say {query}!"),
        ("\ufeff{query}", "{photo}{query}"),
    ],
)
def test_a_prompt_file_takes_the_place_of_the_users_turn(
    tmp_path: Path, readout: str, template: object, content: str, user: str
) -> None:
    file = prompt_file(tmp_path, content.encode())
    settings = load_settings({"LYCHEE_READOUT": readout, "LYCHEE_PROMPT_FILE": file})
    assert (settings.template.user, settings.template.system) == (user, NUMBER.system)
    assert replace(settings, prompt=None).template is template


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{photo} without a query", "{query} where the query belongs"),
        (b"", "{query} where the query belongs"),
        (b"{photo}{query}{photo}", "{photo} once at most"),
        ("给分: {query}".encode("gbk"), "in UTF-8"),
    ],
)
def test_a_prompt_file_that_cannot_be_used_is_told_with_what_it_lacks(
    tmp_path: Path, content: bytes, told: str
) -> None:
    with pytest.raises(SettingInvalid, match="LYCHEE_PROMPT_FILE") as invalid:
        load_settings({"LYCHEE_PROMPT_FILE": prompt_file(tmp_path, content)})
    assert told in invalid.value.expected


def test_the_prompt_of_yes_no_is_the_weights_own_and_takes_no_other_text(tmp_path: Path) -> None:
    environment = {"LYCHEE_PROMPT_FILE": prompt_file(tmp_path, b"{query}")}
    with pytest.raises(SettingInvalid, match="the prompt of yes_no is the weights' own"):
        load_settings(environment | {"LYCHEE_READOUT": "yes_no"})
    with pytest.raises(SettingInvalid, match="the prompt of yes_no is the weights' own"):
        replace(load_settings(environment), readout=Readout.YES_NO)


@pytest.mark.parametrize(
    ("value", "path"), [("/", ""), ("photos", "/photos"), ("/photos/", "/photos"), ("/a/b_2.x~", "/a/b_2.x~")]
)
def test_a_base_path_has_one_slash_before_it_and_none_behind(value: str, path: str) -> None:
    assert load_settings({"LYCHEE_BASE_PATH": value}).base_path == path


@pytest.mark.parametrize("value", ["a b", "/a//b", "/../x", "/a?b", "https://photo-box.local/x", "/{token}"])
def test_what_is_no_path_is_refused(value: str) -> None:
    with pytest.raises(SettingInvalid) as refused:
        load_settings({"LYCHEE_BASE_PATH": value})
    assert refused.value.name == "LYCHEE_BASE_PATH"


def test_a_user_without_a_home_needs_a_data_folder_and_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert load_settings({"LYCHEE_DATA_DIR": str(tmp_path)}).models_dir == tmp_path / "models"
    for environment in ({}, {"LYCHEE_DATA_DIR": "~/data"}):
        with pytest.raises(SettingInvalid, match="no home folder") as refused:
            load_settings(environment)
        assert refused.value.name == "LYCHEE_DATA_DIR"


def test_a_calibration_is_the_map_in_a_file(tmp_path: Path) -> None:
    file = save_in(tmp_path, MAP)
    settings = load_settings({"LYCHEE_CALIBRATION": file})
    assert settings.calibration == MAP
    assert settings.calibration is not None
    assert settings.calibration.file == file
    assert load_settings({"LYCHEE_CALIBRATION": ""}).calibration is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "a file that can be read"), (b"{}", "a file that `evaluate --calibrate` wrote"), (b"\xff", "UTF-8")],
)
def test_a_file_that_holds_no_calibration_is_told(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file = tmp_path / "map.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingInvalid, match=expected) as invalid:
        load_settings({"LYCHEE_CALIBRATION": str(file)})
    assert invalid.value.name == "LYCHEE_CALIBRATION"
