"""Settings from the environment."""

from pathlib import Path

import pytest

from lychee_rerank.errors import SettingInvalid
from lychee_rerank.records import EmptyCache
from lychee_rerank.settings import PROJECT_FOLDER, load_settings


def test_without_variables_everything_has_its_default() -> None:
    settings = load_settings({})
    assert settings.model is None
    assert settings.images_dir == settings.samples_dir == PROJECT_FOLDER / "images"
    assert settings.models_dir == settings.data_dir / "models"
    assert (settings.pixel_budget_px, settings.dtype, settings.port) == (None, None, 8501)
    assert settings.empty_cache is EmptyCache.PHOTO
    assert (settings.address, settings.allowed_hosts) == ("127.0.0.1", ("localhost", "127.0.0.1"))


def test_every_variable_is_read() -> None:
    settings = load_settings(
        {
            "LYCHEE_MODEL": "demo",
            "LYCHEE_MODELS_DIR": "/models",
            "LYCHEE_IMAGES_DIR": "/app/images",
            "LYCHEE_SAMPLES_DIR": "/app/samples",
            "LYCHEE_DATA_DIR": "/data",
            "LYCHEE_PIXEL_BUDGET": "200704",
            "LYCHEE_DTYPE": "float16",
            "LYCHEE_EMPTY_CACHE": "never",
            "LYCHEE_PORT": "9000",
            "LYCHEE_ADDRESS": "0.0.0.0",
            "LYCHEE_ALLOWED_HOSTS": "my-host other.example",
        }
    )
    assert (settings.model, settings.models_dir, settings.data_dir) == ("demo", Path("/models"), Path("/data"))
    assert (settings.images_dir, settings.samples_dir) == (Path("/app/images"), Path("/app/samples"))
    assert (settings.pixel_budget_px, settings.dtype, settings.port) == (200704, "float16", 9000)
    assert settings.empty_cache is EmptyCache.NEVER
    assert (settings.address, settings.allowed_hosts[2:]) == ("0.0.0.0", ("my-host", "other.example"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LYCHEE_PIXEL_BUDGET", "many"),
        ("LYCHEE_PIXEL_BUDGET", "783"),
        ("LYCHEE_PIXEL_BUDGET", "-3136"),
        ("LYCHEE_DTYPE", "int4"),
        ("LYCHEE_EMPTY_CACHE", "sometimes"),
        ("LYCHEE_PORT", "0"),
        ("LYCHEE_PORT", "http"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        load_settings({name: value})
    assert (invalid.value.name, invalid.value.value) == (name, value)
