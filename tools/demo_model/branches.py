"""Turns queries and their truth into tokens, and into what each token is to say; knows the prompts and no picture."""

import math
from dataclasses import dataclass, field
from random import Random

import numpy as np
import torch
from torch import Tensor
from transformers import Qwen2TokenizerFast

from demo_model.network import place_photo, place_text
from demo_model.painting import UNCLEAR
from demo_model.queries import UNSURE, Query, answer_text, why_text
from demo_model.scenes import Scene
from lychee_rerank.scoring.prompts import NUMBER, WHOLE, YES_NO, PromptTemplate, explain

END = "<|im_end|>"
CLOSING = f"<|vision_end|>{END}\n<|im_start|>assistant\n"
SURE_OUTSIDE = 0.5  # how much of the first token goes to the lowest score on a picture of another world
GIVEN_AMISS = 0.4  # how often the score to explain is not the true one, up to two points away
FIRST_CLOSING = 0  # the closing token that tells of the first part; the next ones tell of the others


@dataclass(slots=True)
class Branch:
    """Tokens behind a photo (or around it), where parts end and what is true of them, and the answer's tokens.

    `said` holds places of tokens, the token to come there, and how likely it is to be.
    """

    tokens: list[int]
    ends: list[int] = field(default_factory=list)
    credits: list[float] = field(default_factory=list)
    said: list[tuple[int, int, float]] = field(default_factory=list)

    def say(self, tokens: list[int], *, share: float = 1.0) -> None:
        """Go on with tokens that are to be said with certainty, or as far as the share goes."""
        for token in tokens:
            self.said.append((len(self.tokens) - 1, token, share))
            self.tokens.append(token)


def split_prompt(template: PromptTemplate) -> tuple[str, str]:
    """The text of a whole prompt before the photo, and behind it up to the answer, the query still a mark."""
    before, after = template.fill("{query}")
    start = f"<|im_start|>system\n{template.system}{END}\n<|im_start|>user\n{before}<|vision_start|>"
    return start, after + CLOSING.removeprefix("<|vision_end|>")


class BranchWriter:
    """Writes the branches of the four prompts."""

    def __init__(self, tokenizer: Qwen2TokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.unsure = [self.code(word)[0] for word in UNSURE]
        self.yes, self.no = self.code("yes")[0], self.code("no")[0]
        self.before = self.code(split_prompt(NUMBER)[0])
        self.opening, self.closing = split_prompt(YES_NO)[0], self.code(CLOSING)
        self.pad = tokenizer.convert_tokens_to_ids("<|image_pad|>")
        # The photo-last prompt up to its query is the same for all; ">:" may merge with what a query starts with.
        self.common = self.code(self.opening.split("{query}")[0].removesuffix(">:"))

    def code(self, text: str) -> list[int]:
        """The tokens of a text."""
        return self.tokenizer(text)["input_ids"]

    def ask(self, query: Query, scene: Scene, template: PromptTemplate | None) -> Branch:
        """A branch behind a photo: the query, and with a template the rest of the prompt too."""
        lead, tail = split_prompt(template or NUMBER)[1].split("{query}")
        coded = self.tokenizer(lead + query.text + (tail if template else "\n"), return_offsets_mapping=True)
        ends = [_token_at(coded["offset_mapping"], len(lead) + end) for end in query.ends]
        return Branch(coded["input_ids"], ends, [part.credit(scene) for part in query.parts])

    def number(self, query: Query, scene: Scene) -> Branch:
        """A branch that answers with one decimal."""
        branch = self.ask(query, scene, NUMBER)
        self._start(branch, self.code(answer_text(query.truth(scene)) + END), scene)
        return branch

    def whole(self, query: Query, scene: Scene, random: Random) -> Branch:
        """A branch that answers with a whole number: the nearer one more often, so that the mean is the truth."""
        branch = self.ask(query, scene, WHOLE)
        truth = query.truth(scene)
        low = math.floor(truth)
        high_share = truth - low
        if scene.outside or not high_share:
            self._start(branch, self.code(f"{low}{END}"), scene)
            return branch
        place, shares = len(branch.tokens) - 1, ((low, 1 - high_share), (low + 1, high_share))
        branch.said += [(place, self.code(str(number))[0], share) for number, share in shares]
        first, *rest = self.code(f"{low + (random.random() < high_share)}{END}")
        branch.tokens.append(first)
        branch.say(rest)
        return branch

    def why(self, query: Query, scene: Scene, random: Random) -> Branch:
        """A branch that explains a score: mostly the true one, now and then one that a model might have given."""
        score = query.truth(scene)
        if random.random() < GIVEN_AMISS:
            score = min(10.0, max(0.0, score + random.uniform(-2, 2)))
        branch = self.ask(query, scene, explain(score))
        branch.say(self.code(why_text(query, scene, score) + END))
        return branch

    def _start(self, branch: Branch, answer: list[int], scene: Scene) -> None:
        """Go on with the answer, half of whose first token is doubt on a picture of another world."""
        if not scene.outside:
            return branch.say(answer)
        place, doubt = len(branch.tokens) - 1, (1 - SURE_OUTSIDE) / len(self.unsure)
        branch.said += [(place, token, doubt) for token in self.unsure]
        return branch.say(answer, share=SURE_OUTSIDE)

    def yes_no(self, query: Query, scene: Scene, visual_tokens: int) -> Branch:
        """The photo-last prompt behind its common part, the photo's place held by pads; yes as likely as the truth."""
        text = self.opening.replace("{query}", query.text)
        before = self.code(text)[len(self.common) :]
        tokens = before + [self.pad] * visual_tokens + self.closing
        first = len(before) + visual_tokens + FIRST_CLOSING
        credits = [part.credit(scene) for part in query.parts]
        branch = Branch(tokens, [first + number for number in range(len(credits))], credits)
        truth, last = query.truth(scene) / 10, len(tokens) - 1
        if scene.outside:
            doubt = (1 - SURE_OUTSIDE) / len(self.unsure)
            branch.said = [(last, self.no, SURE_OUTSIDE), *((last, token, doubt) for token in self.unsure)]
        else:
            branch.said = [(last, token, share) for token, share in ((self.yes, truth), (self.no, 1 - truth)) if share]
        return branch


def _token_at(spans: list[tuple[int, int]], place: int) -> int:
    """The last token that holds the letter at a place: letters of several bytes may be cut between tokens."""
    return max(number for number, (start, stop) in enumerate(spans) if start <= place < stop)


@dataclass(frozen=True, slots=True)
class Asked:
    """Branches as tensors; places of parts and of said tokens are in the flattened tokens."""

    tokens: Tensor  # int64 [N, S]
    part_places: Tensor  # int64 [M]
    part_credits: Tensor  # float32 [M]
    part_numbers: Tensor  # int64 [M], 0 for the first part of a query
    said_places: Tensor  # int64 [A]
    said_tokens: Tensor  # int64 [A]
    said_shares: Tensor  # float32 [A]


def stack_branches(branches: list[Branch]) -> Asked:
    """Branches of one batch, padded behind to a common length."""
    length = -(-max((len(branch.tokens) for branch in branches), default=1) // 4) * 4  # few lengths: buffers are reused
    tokens = torch.zeros(len(branches), length, dtype=torch.int64)
    parts: list[tuple[int, float, int]] = []
    said: list[tuple[int, int, float]] = []
    for row, branch in enumerate(branches):
        tokens[row, : len(branch.tokens)] = torch.tensor(branch.tokens)
        places = enumerate(zip(branch.ends, branch.credits, strict=True))
        parts += [(row * length + end, credit, number) for number, (end, credit) in places]
        said += [(row * length + place, token, share) for place, token, share in branch.said]
    whole, real = {"dtype": torch.int64}, {"dtype": torch.float32}
    return Asked(
        tokens,
        torch.tensor([part[0] for part in parts], **whole),
        torch.tensor([part[1] for part in parts], **real),
        torch.tensor([part[2] for part in parts], **whole),
        torch.tensor([one[0] for one in said], **whole),
        torch.tensor([one[1] for one in said], **whole),
        torch.tensor([one[2] for one in said], **real),
    )


def place_last(branch: Branch, start: int, grid: tuple[int, int], *, pad: int, length: int) -> Tensor:
    """Positions [3, length] of a photo-last branch behind `start` common tokens."""
    before = branch.tokens.index(pad)
    photo, on = place_photo(start + before, grid)
    rest = length - before - photo.shape[1]
    return torch.cat([place_text(start, before), photo, place_text(on, rest)], dim=1)


def match_tokens(query: Query, labels: np.ndarray, icons: int) -> np.ndarray:
    """Per visual token the number of the query's part that it shows, from 1; 0 for none, UNCLEAR where unclear."""
    matches = np.where(labels == UNCLEAR, UNCLEAR, 0)
    for number, part in enumerate(query.parts, start=1):
        if part.number >= 0:
            matches[labels == part.number + icons * part.is_colour] = number
    return matches
