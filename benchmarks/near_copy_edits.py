"""What is done to a photo that leaves it the same shot; draws nothing and knows no group."""

from collections.abc import Callable
from io import BytesIO
from random import Random

from PIL import Image, ImageEnhance


def _scale(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)


def _encode(picture: Image.Image, quality: int) -> Image.Image:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def _crop(picture: Image.Image, share: float, random: Random) -> Image.Image:
    """Without that share of the width and of the height, taken off at either side."""
    width, height = round(picture.width * (1 - share)), round(picture.height * (1 - share))
    left, top = random.randint(0, picture.width - width), random.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def expose(picture: Image.Image, stops: float, warmth: float = 0) -> Image.Image:
    """In other light: 2.2 is the gamma of sRGB."""
    gains = (1 + warmth, 1, 1 - warmth)
    return Image.merge(
        "RGB",
        [
            band.point([min(255, round(level * gain * 2 ** (stops / 2.2))) for level in range(256)])
            for band, gain in zip(picture.split(), gains, strict=True)
        ],
    )


def either(value: float, random: Random) -> float:
    """The value or its negative."""
    return random.choice((-value, value))


COPIES: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "scaled to 25 %": lambda picture, random: _scale(picture, 0.25),
    "JPEG quality 40": lambda picture, random: _encode(picture, 40),
    "cropped by 5 %": lambda picture, random: _crop(picture, 0.05, random),
    "exposed by 2/3 stop": lambda picture, random: expose(picture, either(2 / 3, random)),
    "toned": lambda picture, random: ImageEnhance.Contrast(expose(picture, 0, either(0.06, random))).enhance(1.15),
    "sent on": lambda picture, random: _encode(_scale(_crop(picture, 0.03, random), 0.5), 50),
}
