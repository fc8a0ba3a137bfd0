"""Fetches the icon packages and opens their pictures; knows their folders and licences, not what is drawn with them."""

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import resvg_py
from PIL import Image


@dataclass(frozen=True, slots=True)
class Style:
    """One set of icon pictures: the npm package that carries it, the folder and file ending inside, its licence."""

    name: str
    package: str
    version: str
    folder: str
    ending: str
    licence: str


STYLES = (
    Style("fluent-3d", "@lobehub/fluent-emoji-3d", "1.1.0", "assets", "webp", "MIT, Microsoft"),
    Style("fluent-flat", "@lobehub/fluent-emoji-flat", "1.1.0", "assets", "svg", "MIT, Microsoft"),
    Style("fluent-modern", "@lobehub/fluent-emoji-modern", "1.0.0", "assets", "svg", "MIT, Microsoft"),
    Style("noto", "emoji-datasource-google", "16.0.0", "img/google/64", "png", "Apache-2.0, Google"),
)
UNSEEN = Style(
    "twemoji", "emoji-datasource-twitter", "16.0.0", "img/twitter/64", "png", "CC BY 4.0, Twitter and others"
)
NAMES_PACKAGE, NAMES_VERSION = "emojibase-data", "17.0.0"  # MIT, Miles Johnson


def fetch_package(package: str, version: str, folder: Path) -> Path:
    """The unpacked folder of an npm package, fetched with `npm pack` where it is not there yet."""
    stem = f"{package.lstrip('@').replace('/', '-')}-{version}"
    target = folder / stem
    if not (target / "package" / "package.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", f"{package}@{version}", "--silent"], cwd=folder, check=True)
        with tarfile.open(folder / f"{stem}.tgz") as archive:
            archive.extractall(target, filter="data")
    return target / "package"


def load_icon(folder: Path, style: Style, hexcode: str, *, side_px: int) -> Image.Image:
    """One icon as a square RGBA picture of `side_px`; raises FileNotFoundError where the style lacks it."""
    assets = fetch_package(style.package, style.version, folder) / style.folder
    for name in (hexcode.lower(), f"{hexcode.lower()}-fe0f"):
        path = assets / f"{name}.{style.ending}"
        if path.is_file():
            break
    else:
        raise FileNotFoundError(f"{style.name} has no {hexcode}")
    if style.ending == "svg":
        drawn = resvg_py.svg_to_bytes(svg_path=str(path), width=side_px, height=side_px)
        icon = Image.open(io.BytesIO(bytes(drawn)))
    else:
        icon = Image.open(path)
    return icon.convert("RGBA").resize((side_px, side_px), Image.Resampling.LANCZOS)
