"""One SQLite file per data folder: scores, facts, runs, explanations, picks, stars and galleries."""

from pathlib import Path

from lychee_rerank.store.database import Database
from lychee_rerank.store.examples import Examples
from lychee_rerank.store.explanations import Explanations
from lychee_rerank.store.facts import Facts
from lychee_rerank.store.galleries import Galleries
from lychee_rerank.store.picks import Picks
from lychee_rerank.store.retention import Upkeep
from lychee_rerank.store.runs import Runs
from lychee_rerank.store.scores import Scores
from lychee_rerank.store.stars import KeptStars

FILE_NAME = "lychee.sqlite"


class Store:
    """The tables of one data folder; safe to use from any thread, and beside other processes. Raises StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / FILE_NAME)
        self.scores = Scores(self.database)
        self.runs = Runs(self.database, folder)
        self.explanations = Explanations(self.database)
        self.picks = Picks(self.database)
        self.facts = Facts(self.database)
        self.stars = KeptStars(self.database)
        self.galleries = Galleries(self.database, folder)
        self.examples = Examples(folder)
        self.upkeep = Upkeep(self.database, folder)

    def close(self) -> None:
        """Ends the connection; what still waits for room is tried once more."""
        self.database.close()
