"""What training keeps between its steps, and the weights that a stage ends with."""

import sys
from pathlib import Path

import torch

from lychee_rerank.settings import PROJECT_FOLDER

sys.path.insert(0, str(PROJECT_FOLDER / "tools"))

from demo_model.icons import load_icons
from demo_model.network import build_model
from demo_model.queries import World
from demo_model.tokenizer import build_tokenizer
from demo_model.training import Trainer

WORLD = World(load_icons(), {"en": (), "zh": ()})


def build_trainer() -> Trainer:
    torch.manual_seed(0)
    tokenizer = build_tokenizer(WORLD)
    return Trainer(build_model(tokenizer), tokenizer, WORLD)


def move(trainer: Trainer, by: float) -> None:
    """Every weight by so much, as a step would."""
    with torch.no_grad():
        for weights in trainer.master:
            weights += by


def test_a_stage_ends_with_its_best_weights_and_a_share_of_those_it_began_with(tmp_path: Path) -> None:
    trainer = build_trainer()
    begun = trainer.master[0].detach().clone()
    for by, loss in ((1.0, 2.0), (1.0, 3.0)):  # the second step does worse
        move(trainer, by)
        trainer.keep_best(loss)
    trainer.save(tmp_path / "state.pt", 1, 40)
    other = build_trainer()
    assert other.load(tmp_path / "state.pt") == (1, 40)
    torch.testing.assert_close(other.master[0], begun + 2)
    other.take_best(kept=0.25)
    torch.testing.assert_close(other.master[0], begun + 0.75)
    torch.testing.assert_close(other.live[0].float(), begun + 0.75, atol=0.01, rtol=0.01)  # it may be in BF16


def test_the_next_stage_begins_with_what_the_one_before_left() -> None:
    trainer = build_trainer()
    move(trainer, 1.0)
    trainer.keep_best(2.0)
    trainer.begin_stage()
    torch.testing.assert_close(trainer.begun[0], trainer.master[0].detach())
    assert not trainer.optimisers[0].state
    assert trainer.best is None
