"""What a million photos would take, from what a minute of these took: figures, and what each of them assumes."""

from collections.abc import Iterator
from dataclasses import dataclass

from lychee_rerank.bulk.bulk_run import PHOTOS_PER_PART

MANY = 1_000_000
MACHINES = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Measured:
    """A minute of a run: photos scored under every query, the rows that came of them, their size on disk."""

    photos: int
    seconds: float
    row_bytes: float  # on the disk
    photo_bytes: float  # of a photo's file, on average
    queries: int
    workers: int
    model: str  # empty: servers

    @property
    def per_second(self) -> float:
        """Photos per second on this machine."""
        return self.photos / self.seconds


def plan_lines(measured: Measured) -> Iterator[str]:
    """A line for each figure, and below it what it assumes."""
    rate, queries = measured.per_second, measured.queries
    yield (
        f"measured     {measured.photos:,} photos x {queries:,} queries in {measured.seconds:.0f} s by "
        f"{measured.workers} workers: {rate:.1f} photos/s, {rate * queries:.1f} rows/s"
    )
    model = f"{measured.model} on this machine" if measured.model else "these servers for each machine"
    yield f"             assumes: {model}, and photos like these (again and again if few)"
    hours = ", ".join(f"{MANY / rate / machines / 3600:.1f} on {machines}" for machines in MACHINES)
    yield f"{MANY:,}    hours: {hours} machines"
    megabytes = measured.photo_bytes * rate / 1e6
    yield f"             assumes: machines like this one, and storage that gives each of them {megabytes:.1f} MB/s"
    row_bytes = measured.row_bytes
    yield f"disk         {row_bytes * MANY * queries / 1e6:,.0f} MB of results"
    yield f"             assumes: rows like these, {row_bytes:.0f} bytes each; the photos stay where they are"
    again = PHOTOS_PER_PART * measured.workers
    yield f"a crash      {again:,} photos of each machine at most are scored again: {again / rate:,.0f} s"
    yield f"             assumes: --resume afterwards; where a worker alone ends, its {PHOTOS_PER_PART} are"
