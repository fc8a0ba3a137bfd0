"""What is known of a photo beside its score: what its file says, what it looks like; knows no file and no picture."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


class Orientation(StrEnum):
    """How an upright photo lies, by its longer side."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """The size in pixels once the photo is upright, when it was taken and by what, and its fingerprint.

    `taken` is what the camera's clock showed, with its time zone where the file tells one; None where the file does not
    tell: the date of the file itself says when it was copied. `camera` is empty where nothing tells it.
    """

    width_px: int
    height_px: int
    taken: datetime | None
    camera: str
    fingerprint: bytes

    @classmethod
    def read(cls, width_px: int, height_px: int, taken: str | None, camera: str, fingerprint: bytes) -> Self:
        """The facts in a row that `row` made."""
        return cls(width_px, height_px, datetime.fromisoformat(taken) if taken else None, camera, fingerprint)

    @property
    def row(self) -> tuple[int, int, str | None, str, bytes]:
        """As plain values, the time in ISO 8601."""
        taken = self.taken.isoformat() if self.taken else None
        return self.width_px, self.height_px, taken, self.camera, self.fingerprint

    @property
    def orientation(self) -> Orientation:
        """How the upright photo lies."""
        if self.width_px == self.height_px:
            return Orientation.SQUARE
        return Orientation.LANDSCAPE if self.width_px > self.height_px else Orientation.PORTRAIT

    @property
    def clock(self) -> datetime | None:
        """`taken` as a clock on the spot showed it: phones tell their time zone and most cameras do not."""
        return self.taken and self.taken.replace(tzinfo=None)
