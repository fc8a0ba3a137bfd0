"""Turns queries and their truth into tokens, and into what each token is to say; knows the prompts and no picture."""

import math
from dataclasses import dataclass, field
from random import Random

import numpy as np
import torch
from torch import Tensor
from transformers import Qwen2TokenizerFast

from demo_model.examples import MOST_ASKED, NAMES_OF_LANGUAGES, Likeness
from demo_model.network import place_photo, place_text
from demo_model.painting import UNCLEAR
from demo_model.queries import UNSURE, Part, Query, World, answer_text, why_text
from demo_model.scenes import Scene
from lychee_rerank.scoring.prompts import (
    EXAMPLE,
    NUMBER,
    NUMBER_LIKE,
    QUERY,
    WHOLE,
    WHOLE_LIKE,
    YES_NO,
    YES_NO_LIKE,
    PromptTemplate,
    explain,
    explain_like,
)

END, PAD = "<|im_end|>", "<|image_pad|>"
CLOSING = f"<|vision_end|>{END}\n<|im_start|>assistant\n"
SURE_OUTSIDE = 0.5  # how much of the first token goes to the lowest score on a picture of another world
GIVEN_AMISS = 0.4  # how often the score to explain is not the true one, up to two points away
FIRST_CLOSING = 0  # the closing token that tells of the first part; the next ones tell of the others


@dataclass(slots=True)
class Branch:
    """Tokens behind a photo (or around it), where parts end and what is true of them, and the answer's tokens.

    `said` holds places of tokens, the token to come there, and how likely it is to be; `shown` places of visual tokens
    of an example, and how much of what each shows is on the photo.
    """

    tokens: list[int]
    ends: list[int] = field(default_factory=list)
    credits: list[float] = field(default_factory=list)
    said: list[tuple[int, int, float]] = field(default_factory=list)
    shown: list[tuple[int, float]] = field(default_factory=list)

    def say(self, tokens: list[int], *, share: float = 1.0) -> None:
        """Go on with tokens that are to be said with certainty, or as far as the share goes."""
        for token in tokens:
            self.said.append((len(self.tokens) - 1, token, share))
            self.tokens.append(token)


def split_prompt(template: PromptTemplate) -> tuple[str, str]:
    """The text of a whole prompt before the photo, and behind it up to the answer, the query still a mark."""
    before, _, after = template.user.partition("{photo}")
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
        self.pad = tokenizer.convert_tokens_to_ids(PAD)
        # The photo-last prompt up to its query is the same for all; ">:" may merge with what a query starts with.
        self.common = self.code(self.opening.split(QUERY)[0].removesuffix(">:"))

    def code(self, text: str) -> list[int]:
        """The tokens of a text."""
        return self.tokenizer(text)["input_ids"]

    def ask(self, query: Query, scene: Scene, template: PromptTemplate) -> Branch:
        """A branch behind a photo: the query and the rest of the prompt."""
        lead, tail = split_prompt(template)[1].split(QUERY)
        coded = self.tokenizer(lead + query.text + tail, return_offsets_mapping=True)
        ends = [_token_at(coded["offset_mapping"], len(lead) + end) for end in query.ends]
        return Branch(coded["input_ids"], ends, [part.credit(scene) for part in query.parts])

    def number(self, query: Query, scene: Scene) -> Branch:
        """A branch that answers with one decimal."""
        return self._answer_number(self.ask(query, scene, NUMBER), query.truth(scene), scene)

    def _answer_number(self, branch: Branch, truth: float, scene: Scene) -> Branch:
        self._start(branch, self.code(answer_text(truth) + END), scene)
        return branch

    def whole(self, query: Query, scene: Scene, random: Random) -> Branch:
        """A branch that answers with a whole number: the nearer one more often, so that the mean is the truth."""
        return self._answer_whole(self.ask(query, scene, WHOLE), query.truth(scene), scene, random)

    def _answer_whole(self, branch: Branch, truth: float, scene: Scene, random: Random) -> Branch:
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
        score = _given(query.truth(scene), random)
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
        credits = [part.credit(scene) for part in query.parts]
        opening = self.opening.replace(QUERY, query.text)
        return self._answer_yes_no(opening, credits, query.truth(scene) / 10, scene, visual_tokens)

    def _answer_yes_no(
        self, opening: str, credits: list[float], truth: float, scene: Scene, visual_tokens: int
    ) -> Branch:
        before = self.code(opening)[len(self.common) :]
        tokens = before + [self.pad] * visual_tokens + self.closing
        first = len(before) + visual_tokens + FIRST_CLOSING
        branch, last = Branch(tokens, [first + number for number in range(len(credits))], credits), len(tokens) - 1
        if scene.outside:
            doubt = (1 - SURE_OUTSIDE) / len(self.unsure)
            branch.said = [(last, self.no, SURE_OUTSIDE), *((last, token, doubt) for token in self.unsure)]
        else:
            branch.said = [(last, token, share) for token, share in ((self.yes, truth), (self.no, 1 - truth)) if share]
        return branch

    def like(
        self, asked: Likeness, scene: Scene, labels: np.ndarray, world: World, *, template: PromptTemplate
    ) -> Branch:
        """A branch behind a photo with an example, whose visual tokens show what the labels say."""
        lead, tail = split_prompt(template)[1].split(EXAMPLE + QUERY)
        lead += f"<|vision_start|>{PAD * len(labels)}<|vision_end|>"
        words = asked.words.text if asked.words else ""
        coded = self.tokenizer(lead + words + tail, return_offsets_mapping=True)
        ends = asked.words.ends if asked.words else ()
        branch = Branch(
            coded["input_ids"],
            [_token_at(coded["offset_mapping"], len(lead) + end) for end in ends],
            [part.credit(scene) for part in asked.changes],
        )
        first = branch.tokens.index(self.pad)
        credits = (_shown(label, asked.example, scene, len(world.icons)) for label in labels.tolist())
        branch.shown = [(first + place, credit) for place, credit in enumerate(credits) if credit is not None]
        return branch

    def answer_like(
        self, asked: Likeness, scene: Scene, labels: np.ndarray, world: World, *, random: Random, explains: bool
    ) -> Branch:
        """The same with an answer: a number, a whole number, or an explanation."""
        truth = asked.truth(scene)
        if explains:
            language = random.choice(tuple(NAMES_OF_LANGUAGES))
            score, named = _given(truth, random), asked.named(world, language)
            template = explain_like(score, language=NAMES_OF_LANGUAGES[language])
            branch = self.like(asked, scene, labels, world, template=template)
            branch.say(self.code(why_text(named, scene, score, language=language) + END))
            return branch
        if random.random() < 0.5:
            branch = self.like(asked, scene, labels, world, template=NUMBER_LIKE)
            return self._answer_number(branch, truth, scene)
        return self._answer_whole(self.like(asked, scene, labels, world, template=WHOLE_LIKE), truth, scene, random)

    def yes_no_like(self, asked: Likeness, scene: Scene, *, example_tokens: int, visual_tokens: int) -> Branch:
        """The photo-last prompt with an example; closing tokens tell of it as a whole, then of the words' parts."""
        example = f"<|vision_start|>{PAD * example_tokens}<|vision_end|>"
        opening = split_prompt(YES_NO_LIKE)[0].replace(EXAMPLE, example)
        opening = opening.replace(QUERY, asked.words.text if asked.words else "")
        whole = Query("", asked.kept, (), (), "").truth(scene) / 10
        credits = [whole, *(part.credit(scene) for part in asked.changes)]
        return self._answer_yes_no(opening, credits, asked.truth(scene) / 10, scene, visual_tokens)


def _given(truth: float, random: Random) -> float:
    """A score to explain."""
    return min(10.0, max(0.0, truth + random.uniform(-2, 2))) if random.random() < GIVEN_AMISS else truth


def _shown(label: int, example: Scene, scene: Scene, icons: int) -> float | None:
    """How much of what a visual token of the example shows is on the scene; None for what is unclear."""
    if label == UNCLEAR:
        return None
    if label >= icons:
        return Part(label - icons, is_colour=True).credit(scene)
    return Part(label, count=min(example.count(label), MOST_ASKED)).credit(scene)


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
    shown_places: Tensor  # int64 [V], of visual tokens of examples
    shown_credits: Tensor  # float32 [V]


def stack_branches(branches: list[Branch]) -> Asked:
    """Branches of one batch, padded behind to a common length."""
    length = -(-max((len(branch.tokens) for branch in branches), default=1) // 4) * 4  # few lengths: buffers are reused
    tokens = torch.zeros(len(branches), length, dtype=torch.int64)
    parts: list[tuple[int, float, int]] = []
    said: list[tuple[int, int, float]] = []
    shown: list[tuple[int, float]] = []
    for row, branch in enumerate(branches):
        tokens[row, : len(branch.tokens)] = torch.tensor(branch.tokens)
        places = enumerate(zip(branch.ends, branch.credits, strict=True))
        parts += [(row * length + end, credit, number) for number, (end, credit) in places]
        said += [(row * length + place, token, share) for place, token, share in branch.said]
        shown += [(row * length + place, credit) for place, credit in branch.shown]
    whole, real = {"dtype": torch.int64}, {"dtype": torch.float32}
    return Asked(
        tokens,
        torch.tensor([part[0] for part in parts], **whole),
        torch.tensor([part[1] for part in parts], **real),
        torch.tensor([part[2] for part in parts], **whole),
        torch.tensor([one[0] for one in said], **whole),
        torch.tensor([one[1] for one in said], **whole),
        torch.tensor([one[2] for one in said], **real),
        torch.tensor([one[0] for one in shown], **whole),
        torch.tensor([one[1] for one in shown], **real),
    )


def place_branch(tokens: list[int], start: int, grids: tuple[tuple[int, int], ...], *, pad: int, length: int) -> Tensor:
    """Positions [3, length] of a branch from `start` on, in which pads hold the places of photos of these grids."""
    places, at, done = [], start, 0
    for grid in grids:
        before = tokens.index(pad, done) - done
        photo, on = place_photo(at + before, grid)
        places += [place_text(at, before), photo]
        at, done = on, done + before + photo.shape[1]
    return torch.cat([*places, place_text(at, length - done)], dim=1)


def match_example(asked: Likeness, labels: np.ndarray, icons: int) -> np.ndarray:
    """Per visual token 1 where it shows something of the example, from 2 the part of the words; 0, UNCLEAR else."""
    matches = np.where(labels == UNCLEAR, UNCLEAR, 0)
    for part in asked.kept:
        matches[labels == part.number + icons * part.is_colour] = 1
    for number, part in enumerate(asked.changes, start=2):
        if part.number >= 0:
            matches[labels == part.number + icons * part.is_colour] = number
    return matches


def match_tokens(query: Query, labels: np.ndarray, icons: int) -> np.ndarray:
    """Per visual token the number of the query's part that it shows, from 1; 0 for none, UNCLEAR where unclear."""
    matches = np.where(labels == UNCLEAR, UNCLEAR, 0)
    for number, part in enumerate(query.parts, start=1):
        if part.number >= 0:
            matches[labels == part.number + icons * part.is_colour] = number
    return matches
