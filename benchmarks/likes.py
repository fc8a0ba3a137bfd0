"""What it costs to ask with a photo, against asking in words: each of three readouts, first pass and next query.

    python -m benchmarks.likes [--rounds 9]

The larger model has a third of the rounds. The next query has the same example and other words. A photo costs what is
read for it, so each bar is how many tokens that is in words over how many it is with the example.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.checkpoints import load_demo, load_larger
from benchmarks.contenders import Contenders
from benchmarks.contest import HEAD, Bar, hold, time_of
from benchmarks.galleries import draw_photos
from lychee_rerank.model.patches import TOKEN_PX
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.records import Readout
from lychee_rerank.scoring.prompts import template_for

SIZE = (1024, 768)
DEMO_PHOTOS, LARGER_PHOTOS = 64, 8
SLACK = 0.9  # attention to more tokens costs a little for each
LOOKS = 5


def bench(
    model: VisionLanguageModel, name: str, folder: Path, decoders: DecodePool, *, photos: int, rounds: int
) -> None:
    """The rows of one model, and what it takes to look at another example."""
    *gallery, example = draw_photos(folder, photos + 1, SIZE)
    likes = Contenders(model, gallery, decoders, example=example)
    contenders = {"words": Contenders(model, gallery, decoders), "photo": likes}
    for readout, first in product(Readout, (True, False)):
        runs = {kind: one.first(readout) if first else one.next(readout) for kind, one in contenders.items()}
        in_words, with_photo = (tokens_per_photo(model, readout, first=first, like=like) for like in (False, True))
        measure = f"{name}, {photos} photos, {'first pass' if first else 'next query'}, `{readout}`"
        bar = Bar(measure, "words", "photo", round(SLACK * in_words / with_photo, 2))
        hold(runs, (bar,), photos=photos, rounds=rounds)
    engine, asked = likes.engine(), likes.query().example
    times_s = []
    for _ in range(LOOKS):
        engine.examples.clear()
        times_s.append(time_of(lambda: engine.encode_example(asked)))
    print(f"\n{name}: to look at an example takes {1e3 * median(times_s):.0f} ms, once\n")


def tokens_per_photo(model: VisionLanguageModel, readout: Readout, *, first: bool, like: bool) -> int:
    """How many tokens the language model reads for one photo of SIZE, with an example of that size or without."""
    visual, example = (count_visual(*fit(*SIZE)) for fit in (model.fit_size, model.fit_example))
    template = template_for(readout, like=like)
    tokens = model.prompt_tokens(template, "sofa and coffee 0001")
    pictures = [place for place, token in enumerate(tokens) if token == model.processor.image_token_id]
    behind = len(tokens) - pictures[template.examples_before_photo] - 1
    if like and template.photo_before_query:
        behind += example - 1
    return behind + (visual if first or not template.photo_before_query else 0)


def count_visual(width_px: int, height_px: int) -> int:
    """The visual tokens of a picture of this size."""
    return width_px * height_px // TOKEN_PX**2


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="What it costs to ask with a photo, against asking in words.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder, DecodePool() as decoders:
        own = Path(folder)
        bench(load_demo(), "demo", own / "demo", decoders, photos=DEMO_PHOTOS, rounds=rounds)
        bench(
            load_larger(own / "model"),
            "larger",
            own / "larger",
            decoders,
            photos=LARGER_PHOTOS,
            rounds=max(1, rounds // 3),
        )


if __name__ == "__main__":
    main()
