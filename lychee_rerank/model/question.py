"""One prompt, put to picture after picture or to many at once: answers, and how sure the model is of each digit.

Knows torch; does not know folders, galleries, scores or any door. What all photos have in common (the tokens of the
prompt, the attention keys and values of the part before the photo) is computed once, wherever the photo stands. Where
it stands before the query, what is kept of it (a Sight) serves every later query.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from transformers import DynamicCache

from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.model.kv_cache import Sight, build_cache, join_layers, join_left, layers_of
from lychee_rerank.model.network import Prepared, Reader
from lychee_rerank.model.positions import photo_positions, text_positions
from lychee_rerank.problems import Reason
from lychee_rerank.records import Answer, Verdict

_HALF_A_CHARACTER = "\ufffd"  # what the tokenizer makes of bytes that want another token

Told = TypeVar("Told")


@dataclass(slots=True)
class _Saying:
    """An answer that grows token by token."""

    tokens: list[int] = field(default_factory=list)
    digits: list[tuple[float, ...]] = field(default_factory=list)
    text: str = ""
    over: bool = False


class Question:
    """One prompt, ready to be put to any number of photos."""

    def __init__(self, reader: Reader, *, before: list[int], after: list[int], photo_first: bool) -> None:
        self._reader, self._photo_first = reader, photo_first
        self._stop_tokens = _stop_tokens(reader)
        self._digits = [reader.label_token(str(digit)) for digit in range(10)]
        with torch.inference_mode():
            self._after = reader.embed([after])
            self._after_one = reader.embed([[*after, self._digits[1]]])  # "10" is "1" and "0"
            cache = DynamicCache(config=reader.network.config)
            reader.read(reader.embed([before]), text_positions(0, len(before)), cache, rows=0)
            self._prefix, self._prefix_tokens = layers_of(cache), len(before)

    def look_all(self, prepared: Sequence[Prepared]) -> list[Sight]:
        """What the model keeps of each picture.

        Raises PhotoRefused when the GPU has no room for them, twice; DeviceLost when CUDA fails for good.
        """
        return self._find_room(lambda: self._look_all(prepared), release=self._reader.release_memory)

    def answer_all(self, sights: Sequence[Sight], *, max_tokens: int, until: Callable[[str], bool]) -> list[Answer]:
        """What the model says about each picture; an answer ends early once `until` says so of it.

        Greedy, and a single pass where `max_tokens` is 1; what makes `until` true is left out of the text. Raises
        PhotoRefused when the GPU has no room for them, twice, or a number overflows; DeviceLost.
        """
        return self._find_room(lambda: self._answer_all(sights, max_tokens, until))

    def decide_all(self, sights: Sequence[Sight]) -> list[Verdict]:
        """How far the model would answer with yes about each picture, and how far with no: a single pass.

        Raises ModelUnusable where one of them is not one token, otherwise what `answer_all` raises.
        """
        yes, no = self._reader.label_token("yes"), self._reader.label_token("no")
        return self._find_room(lambda: self._decide_all(sights, yes, no))

    def _find_room(self, look: Callable[[], Told], *, release: Callable[[], None] = lambda: None) -> Told:
        try:
            return self._look_twice(look, release)
        except torch.AcceleratorError as error:  # so will every later call of this process, giving memory back included
            raise DeviceLost(str(error).partition("\n")[0]) from error

    def _look_twice(self, look: Callable[[], Told], release: Callable[[], None]) -> Told:
        failure: torch.OutOfMemoryError | None = None
        for _ in range(2):
            try:
                return look()
            except torch.OutOfMemoryError as error:
                failure = error.with_traceback(None)  # the traceback would hold the tensors
            finally:
                release()
            gc.collect()
            torch.cuda.empty_cache()
        raise PhotoRefused(Reason.OUT_OF_MEMORY) from failure

    @torch.inference_mode()
    def _look_all(self, prepared: Sequence[Prepared]) -> list[Sight]:
        patches = [self._reader.patches(one) for one in prepared]
        features, grids = self._reader.look(patches), [grid for _, grid in patches]
        if not self._photo_first:
            return [Sight((seen,), grid) for seen, grid in zip(features, grids, strict=True)]
        lengths = [len(seen) for seen in features]
        cache = self._expand_prefix(len(features))
        places = [photo_positions(grid, start=self._prefix_tokens)[0][:, 0].T for grid in grids]
        positions = join_left([(place[:0], place) for place in places]).permute(2, 0, 1)
        embeddings = join_left([(seen[:0], seen) for seen in features])
        self._reader.read(embeddings, positions, cache, rows=0, mask=self._mask(lengths, 0, prefix_first=True))
        halves = [half for pair in layers_of(cache) for half in pair]
        return [
            Sight(tuple(half[row : row + 1, :, half.shape[2] - length :] for half in halves), grid)
            for row, (length, grid) in enumerate(zip(lengths, grids, strict=True))
        ]

    @torch.inference_mode()
    def _answer_all(self, sights: Sequence[Sight], max_tokens: int, until: Callable[[str], bool]) -> list[Answer]:
        logits, positions, cache, mask = self._hear(sights, self._after_one, rows=2)
        tens = _logarithms(logits[:, 1])[:, self._digits[0]].exp().tolist()
        cache.crop(-1)
        mask = None if mask is None else mask[:, :-1]
        sayings = [_Saying() for _ in sights]
        self._say(sayings, logits[:, 0], positions - 1, cache, mask, max_tokens=max_tokens, until=until)
        return [
            Answer(text=saying.text, digits=tuple(saying.digits), ten=ten)
            for saying, ten in zip(sayings, tens, strict=True)
        ]

    @torch.inference_mode()
    def _decide_all(self, sights: Sequence[Sight], yes: int, no: int) -> list[Verdict]:
        logits, _, _, _ = self._hear(sights, self._after, rows=1)
        logarithms = _logarithms(logits[:, 0])
        texts = map(self._decode, logarithms.argmax(-1, keepdim=True).tolist())
        pairs = logarithms[:, [yes, no]].tolist()
        return [Verdict(text=text, ln_yes=pair[0], ln_no=pair[1]) for text, pair in zip(texts, pairs, strict=True)]

    def _hear(
        self, sights: Sequence[Sight], after: torch.Tensor, *, rows: int
    ) -> tuple[torch.Tensor, torch.Tensor, DynamicCache, torch.Tensor | None]:
        """Logits [B, rows, vocabulary] at the end of each photo and `after` [1, L, hidden].

        With them what goes on from there: the next free position of each [B], the cache, and the mask [B, cached], None
        where nothing is padded.
        """
        photos, starts = zip(*(photo_positions(sight.grid, start=self._prefix_tokens) for sight in sights), strict=True)
        lengths = [photo.shape[2] for photo in photos]
        texts = [text_positions(start, after.shape[1]) for start in starts]
        if self._photo_first:
            cache = build_cache(join_layers(self._prefix, sights), self._reader.network.config)
            embeddings, positions = after.expand(len(sights), -1, -1), torch.cat(texts, dim=1)
        else:
            cache = self._expand_prefix(len(sights))
            embeddings = join_left([(sight.tensors[0].to(after.device), after[0]) for sight in sights])
            columns = [(photo[:, 0].T, text[:, 0].T) for photo, text in zip(photos, texts, strict=True)]
            positions = join_left(columns).permute(2, 0, 1)
        mask = self._mask(lengths, after.shape[1], prefix_first=not self._photo_first)
        logits = self._reader.read(embeddings, positions, cache, rows=rows, mask=mask)
        return logits, torch.tensor(starts) + after.shape[1], cache, mask

    def _expand_prefix(self, batch: int) -> DynamicCache:
        """The prefix once for each photo of a batch."""
        prefix = [(keys.expand(batch, -1, -1, -1), values.expand(batch, -1, -1, -1)) for keys, values in self._prefix]
        return build_cache(prefix, self._reader.network.config)

    def _mask(self, lengths: Sequence[int], text_tokens: int, *, prefix_first: bool) -> torch.Tensor | None:
        """1 for each token of prefix, photo and text [B, longest], 0 for padding; None without any.

        The padding stands between prefix and photo where `prefix_first`, before both otherwise.
        """
        if len(set(lengths)) == 1:
            return None
        longest = max(lengths)
        padded = torch.tensor([[longest - length] for length in lengths])
        columns = torch.arange(self._prefix_tokens + longest + text_tokens)
        if not prefix_first:
            return (columns >= padded).long().to(self._after.device)
        inside = (columns >= self._prefix_tokens) & (columns < self._prefix_tokens + padded)
        return (~inside).long().to(self._after.device)

    def _say(
        self,
        sayings: list[_Saying],
        logits: torch.Tensor,
        positions: torch.Tensor,
        cache: DynamicCache,
        mask: torch.Tensor | None,
        *,
        max_tokens: int,
        until: Callable[[str], bool],
    ) -> None:
        """Goes on greedily from the logits [B, vocabulary] until each answer is over."""
        for _ in range(max_tokens):
            tokens = logits.argmax(-1).tolist()
            shares = _logarithms(logits)[:, self._digits].exp().tolist()
            for saying, token, digits in zip(sayings, tokens, shares, strict=True):
                if not saying.over:
                    self._add(saying, token, tuple(digits), until)
            if all(saying.over or len(saying.tokens) == max_tokens for saying in sayings):
                return
            if mask is not None:
                mask = torch.cat([mask, mask.new_ones((len(sayings), 1))], dim=1)
            embeddings = self._reader.embed([[token] for token in tokens])
            logits = self._reader.read(embeddings, positions.expand(3, -1)[..., None], cache, rows=1, mask=mask)[:, 0]
            positions = positions + 1

    def _add(self, saying: _Saying, token: int, digits: tuple[float, ...], until: Callable[[str], bool]) -> None:
        """One more token of an answer, a stop token too."""
        saying.tokens.append(token)
        saying.digits.append(digits)
        longer = self._decode(saying.tokens)
        if not longer.endswith(_HALF_A_CHARACTER):
            saying.over = until(longer)
            saying.text = saying.text if saying.over else longer
        saying.over = saying.over or token in self._stop_tokens

    def _decode(self, tokens: list[int]) -> str:
        text: str = self._reader.processor.tokenizer.decode(tokens, skip_special_tokens=True)
        return text


def _logarithms(rows: torch.Tensor) -> torch.Tensor:
    """ln P [B, vocabulary] of logits [B, vocabulary], in float32; raises PhotoRefused where they are no numbers."""
    logarithms = rows.float().log_softmax(dim=-1)
    if logarithms.isnan().any():  # float16 overflows on some photos
        raise PhotoRefused(Reason.NOT_FINITE)
    return logarithms


def _stop_tokens(reader: Reader) -> frozenset[int]:
    stop = reader.network.generation_config.eos_token_id
    return frozenset(stop if isinstance(stop, list) else [stop])
