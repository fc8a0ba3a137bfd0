"""Fetches the icon packages and opens their pictures; knows their folders and licences, not what is drawn with them."""

import functools
import io
import json
import subprocess
import tarfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import resvg_py
from PIL import Image


@dataclass(frozen=True, slots=True)
class Style:
    """One set of icon pictures: the npm package, the folder and file ending inside (or "iconify"), its licence."""

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
    Style("noto-v1", "@iconify-json/noto-v1", "1.2.5", "", "iconify", "Apache-2.0, Google"),
    Style("emojione", "@iconify-json/emojione", "1.2.3", "", "iconify", "CC BY 4.0, EmojiOne 2"),
    Style("fxemoji", "@iconify-json/fxemoji", "1.2.2", "", "iconify", "Apache-2.0, Mozilla"),
    Style("streamline", "@iconify-json/streamline-emojis", "1.2.4", "", "iconify", "CC BY 4.0, Streamline"),
)
UNSEEN = Style(
    "twemoji", "emoji-datasource-twitter", "16.0.0", "img/twitter/64", "png", "CC BY 4.0, Twitter and others"
)
OTHER_OBJECTS = {  # by style, icons whose picture shows something else, or only a part of a framed view
    "noto-v1": {"1F4BB"},
    "fxemoji": {"1F4BB", "1F6A7", "1F6BD", "2328"},
    "streamline": {"1F308", "1F3A1", "1F3A2", "1F3A7", "1F3ED", "1F3F0", "1F6A2", "1F983", "26F2", "26FA"},
}
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


def load_styles(folder: Path, hexcode: str, *, side_px: int) -> dict[int, Image.Image]:
    """One icon by the number of the style, for the styles that have it; the first style must."""
    icons = {0: load_icon(folder, STYLES[0], hexcode, side_px=side_px)}
    for number, style in enumerate(STYLES[1:], start=1):
        try:
            icons[number] = load_icon(folder, style, hexcode, side_px=side_px)
        except FileNotFoundError:
            continue
    return icons


def load_icon(folder: Path, style: Style, hexcode: str, *, side_px: int) -> Image.Image:
    """One icon as a square RGBA picture of `side_px`; raises FileNotFoundError where the style lacks it."""
    if hexcode in OTHER_OBJECTS.get(style.name, ()):
        raise FileNotFoundError(f"{style.name} shows another object for {hexcode}")
    if style.ending == "iconify":
        return _draw_svg(side_px, text=_read_iconify(folder, style, hexcode))
    assets = fetch_package(style.package, style.version, folder) / style.folder
    for name in (hexcode.lower(), f"{hexcode.lower()}-fe0f"):
        path = assets / f"{name}.{style.ending}"
        if path.is_file():
            break
    else:
        raise FileNotFoundError(f"{style.name} has no {hexcode}")
    if style.ending == "svg":
        return _draw_svg(side_px, path=path)
    return Image.open(path).convert("RGBA").resize((side_px, side_px), Image.Resampling.LANCZOS)


def _draw_svg(side_px: int, *, path: Path | None = None, text: str | None = None) -> Image.Image:
    source = {"svg_path": str(path)} if path else {"svg_string": text}
    drawn = resvg_py.svg_to_bytes(**source, width=side_px, height=side_px)
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGBA").resize((side_px, side_px), Image.Resampling.LANCZOS)


def _read_iconify(folder: Path, style: Style, hexcode: str) -> str:
    """The icon's drawing as a square SVG, looked up by the names of its character."""
    drawings = _read_drawings(fetch_package(style.package, style.version, folder))
    label = _read_labels(fetch_package(NAMES_PACKAGE, NAMES_VERSION, folder)).get(hexcode, "")
    names = [_plain(name) for name in (label, unicodedata.name(chr(int(hexcode, 16)), ""))]
    for name in (*names, *(f"{name}1" for name in names)):  # Streamline numbers its variants
        if name in drawings:
            width, height, body = drawings[name]
            side = max(width, height)
            box = f"{(width - side) / 2} {(height - side) / 2} {side} {side}"
            links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            return f'<svg {links} width="{side}" height="{side}" viewBox="{box}">{body}</svg>'
    raise FileNotFoundError(f"{style.name} has no {hexcode}")


@functools.cache
def _read_drawings(package: Path) -> dict[str, tuple[float, float, str]]:
    """Width, height and SVG body by plain name of all icons of an Iconify package, its aliases included."""
    content = json.loads((package / "icons.json").read_text(encoding="utf-8"))
    icons = dict(content["icons"])
    for alias, kept in content.get("aliases", {}).items():
        if kept["parent"] in icons:
            icons.setdefault(alias, icons[kept["parent"]] | kept)
    wide, high = content.get("width", 16), content.get("height", 16)  # 16 is Iconify's default
    return {
        _plain(name): (icon.get("width", wide), icon.get("height", high), icon["body"]) for name, icon in icons.items()
    }


@functools.cache
def _read_labels(names: Path) -> dict[str, str]:
    """The English label of every emoji by its hexcode."""
    rows = json.loads((names / "en" / "data.json").read_text(encoding="utf-8"))
    return {row["hexcode"]: row["label"] for row in rows}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
