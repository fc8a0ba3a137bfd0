"""A decoded picture of any mode -> one without transparency in RGB, L or CMYK; knows no file and no limit."""

from PIL import Image, ImageChops

# Light grey on white: hardly seen by a person either. An alpha below 16 of 255 is the noise of lossy formats.
_NEAR_WHITE, _VISIBLE_ALPHA = 230, 16
_MOST_DARK_SHARE = 0.01  # of what is visible, in a drawing that counts as white
_WHITE, _MID_GREY = "#ffffff", "#808080"


def make_opaque(image: Image.Image) -> Image.Image:
    """The picture as RGB, or as L or CMYK where it is grey or in inks; 16-bit grey is divided by 256.

    Transparency is laid over white, or over mid-grey where nearly all that is visible would vanish on white.
    """
    if image.has_transparency_data:
        mode = "LA" if image.mode in ("1", "L", "LA", "La") else "RGBA"
        return _over_plain(image if image.mode == mode else image.convert(mode))
    if image.mode.startswith("I"):
        return _grey_in_8_bits(image)
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def png_in_8_bits(image: Image.Image, *, depth_bits: int) -> Image.Image:
    """The PNG with levels and transparent colour both in 8 bits; Pillow leaves that colour at the file's own depth."""
    key = image.info.get("transparency")
    if image.mode.startswith("I") and key is not None:
        levels = image.convert("I")
        alpha = levels.point([0 if level == key else 255 for level in range(1 << 16)], "L")
        both = Image.merge("LA", (_grey_in_8_bits(image), alpha))
        both.info = {name: value for name, value in image.info.items() if name != "transparency"}
        return both
    if image.mode == "L" and key is not None:
        image.info["transparency"] = key * 255 // ((1 << depth_bits) - 1)
    if image.mode == "RGB" and key is not None and depth_bits == 16:
        image.info["transparency"] = tuple(level >> 8 for level in key)
    return image


def _grey_in_8_bits(image: Image.Image) -> Image.Image:
    """16-bit grey divided by 256: `convert` would clip it."""
    return image.convert("I").point([level >> 8 for level in range(1 << 16)], "L")


def _over_plain(layers: Image.Image) -> Image.Image:
    """LA or RGBA over one grey."""
    alpha, mode = layers.getchannel("A"), layers.mode[:-1]
    if alpha.getextrema() == (255, 255):
        return layers.convert(mode)
    ground = Image.new(mode, layers.size, _MID_GREY if _is_white(layers, alpha) else _WHITE)
    ground.paste(layers, mask=alpha)
    return ground


def _is_white(layers: Image.Image, alpha: Image.Image) -> bool:
    """True when nearly all that is visible is nearly white."""
    visible = alpha.point([255 * (level >= _VISIBLE_ALPHA) for level in range(256)])
    darkest = layers.getchannel(0)
    for number in range(1, len(layers.mode) - 1):
        darkest = ImageChops.darker(darkest, layers.getchannel(number))
    counts = darkest.histogram(visible)
    return sum(counts[:_NEAR_WHITE]) < _MOST_DARK_SHARE * sum(counts)
