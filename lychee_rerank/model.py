"""The vision-language model: show it one picture at a time, read its answer and how sure it is of each digit.

Knows torch and transformers; does not know folders, galleries, scores or any door. What all photos of a run have in
common (the tokens of the prompt, the attention keys and values of the part before the photo) is computed once, in
`ask`, wherever in the prompt the photo stands. Positions are always explicit: the network's own `rope_deltas` is state
that a cached prefix makes wrong.
"""

import gc
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

import torch
from qwen_vl_utils import process_vision_info
from transformers import DynamicCache
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from lychee_rerank.errors import DeviceLost, ModelUnusable, PhotoRefused
from lychee_rerank.intake import Picture
from lychee_rerank.prompts import PromptTemplate, build_messages
from lychee_rerank.records import Answer, EmptyCache, ModelCard, ModelProblem, Reason, Verdict

MIN_PIXELS_PX = 4 * 28 * 28  # qwen_vl_utils resizes again what is smaller
PRESSURE = 0.1  # share of the GPU's memory below which EmptyCache.PRESSURE gives memory back

_HALF_A_CHARACTER = "\ufffd"  # what the tokenizer makes of bytes that want another token

Network = Any  # transformers' model classes carry no usable types
Processor = Any
Told = TypeVar("Told")


class VisionLanguageModel:
    """A loaded Qwen2.5-VL; one thread at a time may use it."""

    def __init__(self, network: Network, processor: Processor, *, card: ModelCard, empty_cache: EmptyCache) -> None:
        self.card = card
        self.network = network
        self.processor = processor
        self._empty_cache = empty_cache

    def label_token(self, text: str) -> int:
        """The one token that a label is; raises ModelUnusable where the vocabulary splits it."""
        tokens: list[int] = self.processor.tokenizer.encode(text, add_special_tokens=False)
        if len(tokens) != 1:
            detail, remedy = f"{text!r} is {len(tokens)} tokens", "choose another readout or another model"
            raise ModelUnusable(ModelProblem.SPLIT_LABELS, file=str(self.card.folder), detail=detail, remedy=remedy)
        return tokens[0]

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which the model sees a photo of this size; both are multiples of 28."""
        budget = self.card.pixel_budget_px
        least = min(max(self.processor.image_processor.size["shortest_edge"], MIN_PIXELS_PX), budget)
        height, width = smart_resize(height_px, width_px, factor=28, min_pixels=least, max_pixels=budget)
        return width, height

    def ask(self, template: PromptTemplate, query: str) -> "Question":
        """A question about any number of photos; what they have in common is computed here, once."""
        tokens = self.prompt_tokens(template, query)
        place = tokens.index(self.processor.image_token_id)
        return Question(self, before=tokens[:place], after=tokens[place + 1 :])

    def prompt_tokens(self, template: PromptTemplate, query: str) -> list[int]:
        """The tokens of the whole prompt, one of them the photo's place; control tokens in the query stay text."""
        tokens: list[int] = self.processor.tokenizer.apply_chat_template(
            build_messages(template, query),
            chat_template=self.processor.chat_template,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
            sanitize_control_tokens=True,
        )
        return tokens

    def release_memory(self) -> None:
        """Gives memory that no tensor uses back to the GPU, as `empty_cache` asks."""
        if not torch.cuda.is_available() or self._empty_cache is EmptyCache.NEVER:
            return
        free, total = torch.cuda.mem_get_info()
        if self._empty_cache is EmptyCache.PHOTO or free < PRESSURE * total:
            torch.cuda.empty_cache()


class Question:
    """One prompt, ready to be put to photo after photo."""

    def __init__(self, model: VisionLanguageModel, *, before: list[int], after: list[int]) -> None:
        self._model = model
        self._network = model.network
        self._stop_tokens = _stop_tokens(self._network)
        self._digits = [model.label_token(str(digit)) for digit in range(10)]
        with torch.inference_mode():
            self._after = self._embed(after)
            self._prefix = DynamicCache(config=self._network.config)
            self._prefix_tokens = len(before)
            positions = torch.arange(len(before), device=self._network.device).expand(3, 1, -1)
            self._read(self._embed(before), positions, self._prefix)

    def answer(self, picture: Picture, *, max_tokens: int, until: Callable[[str], bool]) -> Answer:
        """What the model says about an upright RGB picture of `fit_size`; ends early once `until` says so.

        Greedy, and a single pass where `max_tokens` is 1; what makes `until` true is left out of the text. Raises
        PhotoRefused when the GPU has no room for it, twice; DeviceLost when CUDA fails for good.
        """
        return self._find_room(lambda: self._answer(picture, max_tokens, until))

    def decide(self, picture: Picture) -> Verdict:
        """How far the model would answer with yes, and how far with no: a single pass.

        Raises ModelUnusable where one of them is not one token, otherwise what `answer` raises.
        """
        yes, no = self._model.label_token("yes"), self._model.label_token("no")
        return self._find_room(lambda: self._decide(picture, yes, no))

    def _find_room(self, look: Callable[[], Told]) -> Told:
        try:
            return self._look_twice(look)
        except torch.AcceleratorError as error:  # so will every later call of this process, giving memory back included
            raise DeviceLost(str(error).partition("\n")[0]) from error

    def _look_twice(self, look: Callable[[], Told]) -> Told:
        failure: torch.OutOfMemoryError | None = None
        for _ in range(2):
            try:
                return look()
            except torch.OutOfMemoryError as error:
                failure = error.with_traceback(None)  # the traceback would hold the tensors
            finally:
                self._model.release_memory()
            gc.collect()
            torch.cuda.empty_cache()
        raise PhotoRefused(Reason.OUT_OF_MEMORY) from failure

    @torch.inference_mode()
    def _answer(self, picture: Picture, max_tokens: int, until: Callable[[str], bool]) -> Answer:
        cache = share_cache(self._prefix, self._network.config)
        after = torch.cat([self._after, self._embed([self._digits[1]])], dim=1)  # "10" is "1" and "0"
        (row, after_one), position = self._show(picture, after, cache, rows=2)
        cache.crop(-1)
        tokens: list[int] = []
        digits: list[tuple[float, ...]] = []
        text = ""
        for token, logits in islice(self._say(row, cache, position=position - 1), max_tokens):
            tokens.append(token)
            digits.append(tuple(_logarithms(logits)[self._digits].exp().tolist()))
            longer = self._model.processor.tokenizer.decode(tokens, skip_special_tokens=True)
            if not longer.endswith(_HALF_A_CHARACTER):
                if until(longer):
                    break
                text = longer
        return Answer(text=text, digits=tuple(digits), ten=float(_logarithms(after_one)[self._digits[0]].exp()))

    @torch.inference_mode()
    def _decide(self, picture: Picture, yes: int, no: int) -> Verdict:
        cache = share_cache(self._prefix, self._network.config)
        (row,), _ = self._show(picture, self._after, cache, rows=1)
        logarithms = _logarithms(row)
        text = self._model.processor.tokenizer.decode([int(row.argmax())], skip_special_tokens=True)
        return Verdict(text=text, ln_yes=float(logarithms[yes]), ln_no=float(logarithms[no]))

    def _show(
        self, picture: Picture, after: torch.Tensor, cache: DynamicCache, *, rows: int
    ) -> tuple[torch.Tensor, int]:
        """Logits [rows, vocabulary] at the end of photo and `after` [1, L, hidden], and the next free position."""
        pixels, grid = prepare_picture(self._model.processor, picture)
        features = self._look(pixels, grid)
        embeddings = torch.cat([features[None], after], dim=1)
        positions, position = photo_positions(grid, start=self._prefix_tokens, text_tokens=after.shape[1])
        return self._read(embeddings, positions.to(embeddings.device), cache, rows=rows), position

    def _look(self, pixels: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """Vision features [visual tokens, hidden] of one picture."""
        device, dtype = self._network.device, self._network.dtype
        seen = self._network.model.get_image_features(pixels.to(device, dtype), grid.to(device), return_dict=True)
        return torch.cat(seen.pooler_output).to(device, dtype)

    def _embed(self, tokens: list[int]) -> torch.Tensor:
        """Embeddings [1, tokens, hidden]."""
        embeddings: torch.Tensor = self._network.get_input_embeddings()(
            torch.tensor([tokens], device=self._network.device)
        )
        return embeddings

    def _read(
        self, embeddings: torch.Tensor, positions: torch.Tensor, cache: DynamicCache, *, rows: int = 1
    ) -> torch.Tensor:
        """Logits [rows, vocabulary] at the end of `embeddings` [1, L, hidden] at `positions` [3, 1, L]; grows cache."""
        hidden = self._network.model.language_model(
            inputs_embeds=embeddings, position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state
        logits: torch.Tensor = self._network.lm_head(hidden[:, -rows:])[0]
        return logits

    def _say(self, row: torch.Tensor, cache: DynamicCache, *, position: int) -> Iterator[tuple[int, torch.Tensor]]:
        """The greedy answer that starts with the logits `row`: each token, a stop token too, and its logits."""
        while True:
            token = int(row.argmax())
            yield token, row
            if token in self._stop_tokens:
                return
            at = torch.full((3, 1, 1), position, device=self._network.device)
            (row,) = self._read(self._embed([token]), at, cache)
            position += 1


def prepare_picture(processor: Processor, picture: Picture) -> tuple[torch.Tensor, torch.Tensor]:
    """Patches [patches, 1176] float32 and grid [1, 3] (time, rows, columns, in patches) of a picture of `fit_size`."""
    content = {"type": "image", "image": picture, "resized_width": picture.width, "resized_height": picture.height}
    pictures, _ = process_vision_info([{"role": "user", "content": [content]}])
    prepared = processor.image_processor(pictures, do_resize=False, return_tensors="pt")
    return prepared["pixel_values"], prepared["image_grid_thw"]


def photo_positions(grid: torch.Tensor, *, start: int, text_tokens: int) -> tuple[torch.Tensor, int]:
    """Rotary positions [3, 1, L] of a photo at `start` and the text after it, and the next free position.

    Photo: t = start, h = start + row, w = start + column over 28-pixel cells; the text goes on at start plus the
    longer side (Qwen2.5-VL, https://arxiv.org/abs/2502.13923, section 2.1.3).
    """
    _, rows, columns = (int(n) for n in grid[0])
    rows, columns = rows // 2, columns // 2
    h, w = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    photo = torch.stack([torch.zeros_like(h), h, w]).reshape(3, -1) + start
    text_start = start + max(rows, columns)
    text = torch.arange(text_start, text_start + text_tokens).expand(3, -1)
    return torch.cat([photo, text], dim=1)[:, None], text_start + text_tokens


def share_cache(cache: DynamicCache, config: Any) -> DynamicCache:
    """A cache that goes on from `cache` and leaves it as it is: updates make new tensors, so none is copied here."""
    shared = DynamicCache(config=config)
    for mine, theirs in zip(shared.layers, cache.layers, strict=True):
        mine.keys, mine.values = theirs.keys, theirs.values
        mine.dtype, mine.device, mine.is_initialized = theirs.dtype, theirs.device, True
    return shared


def _logarithms(row: torch.Tensor) -> torch.Tensor:
    """ln P [vocabulary] of logits [vocabulary], in float32; raises PhotoRefused where they are no numbers."""
    logarithms = row.float().log_softmax(dim=-1)
    if logarithms.isnan().any():  # float16 overflows on some photos
        raise PhotoRefused(Reason.NOT_FINITE)
    return logarithms


def _stop_tokens(network: Network) -> frozenset[int]:
    stop = network.generation_config.eos_token_id
    return frozenset(stop if isinstance(stop, list) else [stop])
