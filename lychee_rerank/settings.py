"""The environment, read once; only the places where the app is put together may import it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from lychee_rerank.errors import SettingInvalid
from lychee_rerank.model_card import EmptyCache
from lychee_rerank.records import Readout
from lychee_rerank.scoring.calibration import Calibration, parse_calibration
from lychee_rerank.scoring.prompts import PHOTO, QUERY, PromptTemplate, template_for
from lychee_rerank.scoring.quick_look import QuickLookPlan, QuickLooks

MIN_PIXEL_BUDGET_PX = 4 * 28 * 28  # four visual tokens: qwen_vl_utils resizes again what is smaller
DEVICES = "cpu, cuda, or one GPU by its number, such as cuda:1"
KEEP_DAYS = 30
KEEP_BYTES = 20 * 10**9  # uploads, thumbnails and examples
PROJECT_FOLDER = Path(__file__).parent.parent  # of a checkout; elsewhere, the folder that packages are installed in


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user may set; docs/settings.md describes each LYCHEE_ variable."""

    model: str | None
    models_dir: Path
    images_dir: Path
    samples_dir: Path
    data_dir: Path
    follow_links: bool  # to folders: from the mounted one never out of it
    pixel_budget_px: int | None
    servers: tuple[str, ...]  # addresses of a model on other machines; empty: it is on this one
    server_model: str | None  # None: the first that they have
    server_revision: str
    server_key: str | None = field(repr=False)
    device: str | None  # None: the GPU where there is one
    dtype: str | None
    empty_cache: EmptyCache
    readout: Readout
    quick_looks: QuickLookPlan
    quick_bytes: int | None  # None: a share of what is free beside the data folder
    prompt: str | None
    keep_days: int
    keep_bytes: int
    memory_bytes: int | None  # None: a share of what the machine has
    log_level: str | None  # None: the door's own
    port: int
    address: str
    base_path: str  # what comes before every path of the page: "" or "/photos"
    allowed_hosts: tuple[str, ...]  # beside this machine's own names
    password: str | None = field(repr=False)
    api: bool  # whether programs may ask for scores over HTTP
    api_key: str | None = field(repr=False)
    metrics: bool  # whether Prometheus may read figures
    calibration: Calibration | None = None  # the map that every score goes through

    def __post_init__(self) -> None:
        """Refuses a text of the user's own for the one prompt that the weights were trained with."""
        if self.readout is Readout.YES_NO and self.prompt is not None:
            choices = f"{Readout.NUMBER} or {Readout.EXPECTED}"
            reason = "where LYCHEE_PROMPT_FILE is set, as the prompt of yes_no is the weights' own"
            raise SettingInvalid("LYCHEE_READOUT", self.readout, f"{choices} {reason}")

    @property
    def template(self) -> PromptTemplate:
        """The prompt of the readout."""
        return template_for(self.readout, user=self.prompt)


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment; raises SettingInvalid at the first value that cannot be used."""
    data_dir = _folder(environment, "LYCHEE_DATA_DIR", None)
    images_dir = (PROJECT_FOLDER if (PROJECT_FOLDER / "pyproject.toml").is_file() else data_dir) / "images"
    return Settings(
        model=environment.get("LYCHEE_MODEL") or None,
        models_dir=_folder(environment, "LYCHEE_MODELS_DIR", data_dir / "models"),
        images_dir=_folder(environment, "LYCHEE_IMAGES_DIR", images_dir),
        samples_dir=_folder(environment, "LYCHEE_SAMPLES_DIR", images_dir),
        data_dir=data_dir,
        follow_links=_one_of(environment, "LYCHEE_FOLLOW_LINKS", ("no", "yes")) == "yes",
        pixel_budget_px=_whole_number(environment, "LYCHEE_PIXEL_BUDGET", at_least=MIN_PIXEL_BUDGET_PX),
        servers=_servers(environment, "LYCHEE_SERVERS"),
        server_model=environment.get("LYCHEE_SERVER_MODEL") or None,
        server_revision=environment.get("LYCHEE_SERVER_REVISION", ""),
        server_key=environment.get("LYCHEE_SERVER_KEY") or None,
        device=_device(environment, "LYCHEE_DEVICE"),
        dtype=_one_of(environment, "LYCHEE_DTYPE", ("bfloat16", "float16", "float32")),
        empty_cache=EmptyCache(_one_of(environment, "LYCHEE_EMPTY_CACHE", tuple(EmptyCache)) or EmptyCache.PHOTO),
        readout=Readout(_one_of(environment, "LYCHEE_READOUT", tuple(Readout)) or Readout.NUMBER),
        quick_looks=QuickLookPlan(
            when=QuickLooks(_one_of(environment, "LYCHEE_QUICK_LOOK", tuple(QuickLooks)) or QuickLooks.AUTO),
            tokens=_whole_number(environment, "LYCHEE_QUICK_TOKENS", at_least=MIN_PIXEL_BUDGET_PX // 28**2),
        ),
        quick_bytes=_whole_number(environment, "LYCHEE_QUICK_BYTES", at_least=0),
        prompt=_prompt(environment, "LYCHEE_PROMPT_FILE"),
        keep_days=_default(_whole_number(environment, "LYCHEE_KEEP_DAYS", at_least=0), KEEP_DAYS),
        keep_bytes=_default(_whole_number(environment, "LYCHEE_KEEP_BYTES", at_least=0), KEEP_BYTES),
        memory_bytes=_whole_number(environment, "LYCHEE_MEMORY_BYTES", at_least=0),
        log_level=_one_of(environment, "LYCHEE_LOG_LEVEL", ("debug", "info", "warning", "error")),
        port=_whole_number(environment, "LYCHEE_PORT", at_least=1) or 8501,
        address=environment.get("LYCHEE_ADDRESS") or "127.0.0.1",
        base_path=_base_path(environment, "LYCHEE_BASE_PATH"),
        allowed_hosts=tuple(environment.get("LYCHEE_ALLOWED_HOSTS", "").split()),
        password=environment.get("LYCHEE_PASSWORD") or None,
        api=_one_of(environment, "LYCHEE_API", ("on", "off")) != "off",
        metrics=_one_of(environment, "LYCHEE_METRICS", ("off", "on")) == "on",
        api_key=environment.get("LYCHEE_API_KEY") or None,
        calibration=_calibration(environment, "LYCHEE_CALIBRATION"),
    )


def _folder(environment: Mapping[str, str], name: str, default: Path | None) -> Path:
    """The folder of the variable, or the default; without one, the place for this user's data."""
    value = environment.get(name, "")
    try:
        return Path(value or default or platformdirs.user_data_dir("lychee-rerank-mm")).expanduser()
    except RuntimeError as error:
        raise SettingInvalid(name, value, "an absolute path, as this user has no home folder") from error


def _whole_number(environment: Mapping[str, str], name: str, *, at_least: int) -> int | None:
    value = environment.get(name, "")
    if not value:
        return None
    if not value.isdecimal() or int(value) < at_least:
        raise SettingInvalid(name, value, f"a whole number of at least {at_least}")
    return int(value)


def _base_path(environment: Mapping[str, str], name: str) -> str:
    """The path with one slash before it and none behind; empty for the root."""
    value = environment.get(name, "")
    path = value.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*|", path) or ".." in path.split("/"):
        raise SettingInvalid(name, value, "a path such as /photos")
    return f"/{path}" if path else ""


def _servers(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Addresses with spaces between."""
    value = environment.get(name, "")
    addresses = tuple(value.split())
    if not all(re.fullmatch(r"https?://[^\s/]+(/\S*)?", address) for address in addresses):
        raise SettingInvalid(name, value, "addresses such as http://box:8000, with spaces between")
    return addresses


def _default(value: int | None, default: int) -> int:
    return default if value is None else value


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    value = environment.get(name) or None
    if value is not None and value not in choices:
        raise SettingInvalid(name, value, "one of " + ", ".join(choices))
    return value


def _device(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name) or None
    if value is not None and not is_device(value):
        raise SettingInvalid(name, value, DEVICES)
    return value


def is_device(text: str) -> bool:
    """True for what `Settings.device` may be."""
    return re.fullmatch(r"cpu|cuda(:\d{1,2})?", text) is not None


def _calibration(environment: Mapping[str, str], name: str) -> Calibration | None:
    """The map in the file; whether the scores are those that it was made for shows with the model."""
    value = environment.get(name)
    if not value:
        return None
    try:
        return parse_calibration(_read_text(name, value), file=value)
    except ValueError as error:
        raise SettingInvalid(name, value, f"a file that `evaluate --calibrate` wrote ({error})") from error


def _read_text(name: str, value: str) -> str:
    """The text of the file that the variable names."""
    try:
        return Path(value).expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingInvalid(name, value, f"a file that can be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingInvalid(name, value, "a text file in UTF-8") from error


def _prompt(environment: Mapping[str, str], name: str) -> str | None:
    """The text of the prompt file, the photo first where it has no mark for it."""
    value = environment.get(name)
    if not value:
        return None
    text = _read_text(name, value).removesuffix("\n")
    if QUERY not in text:
        raise SettingInvalid(name, value, f"a text with {QUERY} where the query belongs")
    if text.count(PHOTO) > 1:
        raise SettingInvalid(name, value, f"a text with {PHOTO} once at most")
    return text if PHOTO in text else PHOTO + text
