"""Which photos are shown by what their files say; knows no score and no page."""

from dataclasses import dataclass
from datetime import date

from lychee_rerank.facts import Orientation, PhotoFacts


@dataclass(frozen=True, slots=True)
class FileFilter:
    """One orientation alone, at least so wide, taken from the first to the last of these days; as it is, all photos.

    A day is what the camera's clock showed. A photo of which nobody knows what is asked for does not pass.
    """

    orientation: Orientation | None = None
    least_width_px: int = 0
    first_day: date | None = None
    last_day: date | None = None

    def takes(self, facts: PhotoFacts | None) -> bool:
        """True for a photo that passes."""
        if facts is None:
            return self == FileFilter()
        return (
            self.orientation in (None, facts.orientation)
            and facts.width_px >= self.least_width_px
            and self._takes_day(facts.clock.date() if facts.clock else None)
        )

    def _takes_day(self, day: date | None) -> bool:
        if self.first_day is None and self.last_day is None:
            return True
        return day is not None and (self.first_day or day) <= day <= (self.last_day or day)
