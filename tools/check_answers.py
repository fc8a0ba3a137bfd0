"""What the demo model's card says beside the order: how true its explanations are, and how it doubts photographs.

    python tools/check_answers.py [--set build/evaluation] [--photographs FOLDER]

Explanations are of the true score, for two scenes of every question of the seen style's sets: by a template of the
training the whole text follows from the scene, so that it is either right, letter for letter, or not.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import fmean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_model.evaluation import make_galleries
from demo_model.examples import NAMES_OF_LANGUAGES
from demo_model.icons import load_icons
from demo_model.like_evaluation import make_like_galleries
from demo_model.material import STYLES
from demo_model.photographs import load_fonts
from demo_model.queries import World, why_text
from make_evaluation_set import SEED, example_name, photo_name

from benchmarks.checkpoints import load_demo
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.example import load_example
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Photo, Readout, Score, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.scorer import score_photos

SCENES_OF_EACH = 2
QUERIES = ("sunset", "红色背景上的狗", "sofa + light bulb + coffee")  # of photographs
DOUBT = 0.8  # the page says that it is unsure below this label mass


@dataclass(slots=True)
class Tally:
    """What came of the explanations of one kind of question."""

    begin: list[bool] = field(default_factory=list)  # with the score that was given
    language: list[bool] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)  # all of it right

    def add(self, told: str, due: str) -> None:
        """One explanation beside the one that is due."""
        self.begin.append(told.startswith(re.match(r"[\d.]+", due).group()))
        self.language.append(told.isascii() == due.isascii())
        self.whole.append(told == due)

    def __str__(self) -> str:
        shares = ((self.begin, "begin with the score"), (self.language, "are in its language"), (self.whole, "right"))
        return ", ".join(f"{sum(ones)} of {len(ones)} {name}" for ones, name in shares)


def photo_at(path: Path) -> Photo:
    """The file under its own name."""
    return Photo(path.name, path)


def check_words(engine: Engine, folder: Path, material: Path, random: Random) -> Iterator[tuple[str, str, str]]:
    """Explanations of queries in words: their kind, the text, the text that is due."""
    world = World(load_icons(), strangers={})
    for number, gallery in enumerate(make_galleries(world, load_fonts(material), seed=SEED)):
        for query in gallery.queries:
            for place in random.sample(range(len(gallery.scenes)), SCENES_OF_EACH):
                scene, photo = gallery.scenes[place], folder / photo_name(number, place)
                score = query.truth(scene)
                told = explain(engine, parse_query(query.text), photo, score=score)
                yield f"words, {query.language}", told, why_text(query, scene, score)


def check_likes(engine: Engine, folder: Path, random: Random) -> Iterator[tuple[str, str, str]]:
    """The same for questions with an example, in either language."""
    world = World(load_icons(), strangers={})
    for number, gallery in enumerate(make_like_galleries(world, seed=SEED)):
        alone = not gallery.asked[0][1].words
        for nth, (_, asked) in enumerate(gallery.asked):
            example = load_example(photo_at(folder / example_name(number, nth if alone else 0)), hashes=engine.hashes)
            query = parse_query(asked.words.text if asked.words else "", example)
            places = random.sample(range(len(gallery.scenes)), SCENES_OF_EACH)
            for place, (code, language) in zip(places, NAMES_OF_LANGUAGES.items(), strict=True):
                scene, photo = gallery.scenes[place], folder / photo_name(number, place)
                score = asked.truth(scene)
                told = explain(engine, query, photo, score=score, language=language)
                due = why_text(asked.named(world, code), scene, score, language=code)
                yield f"example {'alone' if alone else 'with words'}, {code}", told, due


def explain(engine: Engine, query: Query, path: Path, *, score: float, language: str = "English") -> str:
    """What the model says about a score; raises RuntimeError for a photo that is refused."""
    told = explain_score(engine, query, photo_at(path), score=score, language=language)
    if not isinstance(told, str):
        raise RuntimeError(f"{path.name}: {told.reason}")
    return told


def score_all(engine: Engine, query: Query, paths: Iterable[Path], readout: Readout) -> list[Score]:
    """A score for every photo."""
    photos = [photo_at(path) for path in paths]
    return [one.score for one in score_photos(engine, query, photos, readout=readout) if isinstance(one, ScoredPhoto)]


def check_doubt(engine: Engine, photographs: Path, samples: Path) -> Iterator[tuple[str, list[Score]]]:
    """The scores of photographs by queries in words, and of the sample gallery by photographs as examples."""
    paths, shown = sorted(photographs.iterdir()), sorted(samples.iterdir())
    for readout in Readout:
        in_words = [score for text in QUERIES for score in score_all(engine, parse_query(text), paths, readout)]
        yield f"photographs, {readout.value}", in_words
        asked = [parse_query("", load_example(photo_at(path), hashes=engine.hashes)) for path in paths]
        by_photo = [score for query in asked for score in score_all(engine, query, shown, readout)]
        yield f"samples by photographs, {readout.value}", by_photo


def main() -> None:
    """Print one line for each kind of question."""
    parser = argparse.ArgumentParser(description="Check the demo model's explanations and doubt.")
    parser.add_argument("--set", type=Path, default=Path("build/evaluation"))
    parser.add_argument("--material", type=Path, default=Path("build/demo-model/material"))
    parser.add_argument("--photographs", type=Path, help="a folder of photographs, to see it doubt")
    options = parser.parse_args()
    engine, random, tallies = Engine(load_demo(), decode_photo), Random(SEED), dict[str, Tally]()
    seen = options.set / STYLES[0].name
    explained = (
        *check_words(engine, seen, options.material, random),
        *check_likes(engine, seen.with_name(f"{seen.name}-like"), random),
    )
    for kind, told, due in explained:
        tallies.setdefault(kind, Tally()).add(told, due)
    for kind, tally in sorted(tallies.items()):
        print(f"{kind}: {tally}")
    if options.photographs:
        for kind, scores in check_doubt(engine, options.photographs, Path("images")):
            masses = [score.label_mass for score in scores]
            unsure, highest = sum(mass < DOUBT for mass in masses), max(score.value for score in scores)
            print(f"{kind}: highest {highest:.3f}, label mass {fmean(masses):.2f}, {unsure} of {len(masses)} unsure")


if __name__ == "__main__":
    main()
