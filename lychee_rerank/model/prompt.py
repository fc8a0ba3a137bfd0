"""A prefilled prompt: encodes photos, then generates answers about a batch of them, or reads its logits of yes and no.

Knows torch; does not know folders, galleries, scores or any door. What all photos share (the tokens of the prompt, an
example among them, the KV cache of the part before the photo) is computed once. Where the photo stands before the
query, its own KV cache (an EncodedPhoto) serves every later query.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.model.attempts import attempt
from lychee_rerank.model.kv_cache import EncodedPhoto, build_cache, join_layers, join_left, layers_of
from lychee_rerank.model.layout import Stretch, lay_out
from lychee_rerank.model.network import NetworkInput, QwenVL
from lychee_rerank.model.positions import photo_positions
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Answer, YesNoLogits

_HALF_A_CHARACTER = "\ufffd"  # what the tokenizer makes of bytes that want another token


@dataclass(slots=True)
class _Generation:
    """One answer while it is decoded, token by token."""

    tokens: list[int] = field(default_factory=list)
    digits: list[tuple[float, ...]] = field(default_factory=list)
    text: str = ""
    finished: bool = False


class PrefilledPrompt:
    """A prompt whose prefix, up to the photo, is in the KV cache already.

    Every image token in `before` and `after` stands for the `example`. Raises PhotoRefused when the GPU has no room,
    twice; DeviceLost.
    """

    def __init__(
        self,
        model: QwenVL,
        *,
        before: list[int],
        after: list[int],
        photo_first: bool,
        example: EncodedPhoto | None = None,
    ) -> None:
        self._model, self._photo_first = model, photo_first
        self._stop_tokens = _stop_tokens(model)
        self._digits = [model.label_token(str(digit)) for digit in range(10)]
        attempt(lambda: self._lay_out(before, after, example))

    def encode(self, prepared: Sequence[NetworkInput]) -> list[EncodedPhoto]:
        """Each picture as later passes go on from it: its KV cache behind the prefix, or its visual features.

        Raises PhotoRefused when the GPU has no room for them, twice; DeviceLost when CUDA fails for good.
        """
        return attempt(lambda: self._encode(prepared), release=self._model.release_memory)

    def generate(
        self, encoded: Sequence[EncodedPhoto], *, max_tokens: int, until: Callable[[str], bool]
    ) -> list[Answer]:
        """An answer about each picture, decoded greedily; it ends early once `until` is true of its text.

        A single pass where `max_tokens` is 1; the token that makes `until` true is left out of the text. Raises
        PhotoRefused when the GPU has no room for them, twice, or a number overflows; DeviceLost.
        """
        return attempt(lambda: self._generate(encoded, max_tokens, until))

    def yes_no_logits(self, encoded: Sequence[EncodedPhoto]) -> list[YesNoLogits]:
        """The logits of yes and no as the first token of an answer about each picture: a single pass.

        Raises ModelUnusable where one of them is not one token, otherwise what `generate` raises.
        """
        yes, no = self._model.label_token("yes"), self._model.label_token("no")
        return attempt(lambda: self._yes_no_logits(encoded, yes, no))

    @torch.inference_mode()
    def _lay_out(self, before: list[int], after: list[int], example: EncodedPhoto | None) -> None:
        """Computes what all photos share."""
        model = self._model
        self._before, self._after = lay_out(model, before, example), lay_out(model, after, example)
        self._after_one = lay_out(model, [*after, self._digits[1]], example)  # "10" is "1" and "0"
        self._device = self._before.embeddings.device
        cache = DynamicCache(config=model.network.config)
        model.forward(self._before.embeddings, self._before.positions, cache, rows=0)
        self._prefix = layers_of(cache)

    @torch.inference_mode()
    def _encode(self, prepared: Sequence[NetworkInput]) -> list[EncodedPhoto]:
        patches = [self._model.patches(one) for one in prepared]
        features, grids = self._model.visual_features(patches), [grid for _, grid in patches]
        if not self._photo_first:
            return [EncodedPhoto((photo,), grid) for photo, grid in zip(features, grids, strict=True)]
        lengths = [len(photo) for photo in features]
        cache = self._expand_prefix(len(features))
        places = [photo_positions(grid, start=self._before.end)[0][:, 0].T for grid in grids]
        positions = join_left([(place[:0], place) for place in places]).permute(2, 0, 1)
        embeddings = join_left([(photo[:0], photo) for photo in features])
        self._model.forward(embeddings, positions, cache, rows=0, mask=self._mask(lengths, 0, prefix_first=True))
        halves = [half for pair in layers_of(cache) for half in pair]
        return [
            EncodedPhoto(tuple(half[row : row + 1, :, half.shape[2] - length :] for half in halves), grid)
            for row, (length, grid) in enumerate(zip(lengths, grids, strict=True))
        ]

    @torch.inference_mode()
    def _generate(self, encoded: Sequence[EncodedPhoto], max_tokens: int, until: Callable[[str], bool]) -> list[Answer]:
        logits, positions, cache, mask = self._prefill(encoded, self._after_one, rows=2)
        tens = _logarithms(logits[:, 1])[:, self._digits[0]].exp().tolist()
        cache.crop(-1)
        mask = None if mask is None else mask[:, :-1]
        generations = [_Generation() for _ in encoded]
        self._decode_greedily(generations, logits[:, 0], positions - 1, cache, mask, max_tokens=max_tokens, until=until)
        return [
            Answer(text=generation.text, digits=tuple(generation.digits), ten=ten)
            for generation, ten in zip(generations, tens, strict=True)
        ]

    @torch.inference_mode()
    def _yes_no_logits(self, encoded: Sequence[EncodedPhoto], yes: int, no: int) -> list[YesNoLogits]:
        logits, _, _, _ = self._prefill(encoded, self._after, rows=1)
        logarithms = _logarithms(logits[:, 0])
        texts = map(self._decode, logarithms.argmax(-1, keepdim=True).tolist())
        pairs = logarithms[:, [yes, no]].tolist()
        return [YesNoLogits(text=text, ln_yes=pair[0], ln_no=pair[1]) for text, pair in zip(texts, pairs, strict=True)]

    def _prefill(
        self, encoded: Sequence[EncodedPhoto], after: Stretch, *, rows: int
    ) -> tuple[torch.Tensor, torch.Tensor, DynamicCache, torch.Tensor | None]:
        """Logits [B, rows, vocabulary] at the end of each photo and what stands `after` it.

        With them what goes on from there: the next free position of each [B], the cache, and the mask [B, cached], None
        where nothing is padded.
        """
        photos, starts = zip(*(photo_positions(one.grid, start=self._before.end) for one in encoded), strict=True)
        lengths = [photo.shape[2] for photo in photos]
        texts = [after.positions + start for start in starts]
        if self._photo_first:
            cache = build_cache(join_layers(self._prefix, encoded), self._model.network.config)
            embeddings, positions = after.embeddings.expand(len(encoded), -1, -1), torch.cat(texts, dim=1)
        else:
            cache = self._expand_prefix(len(encoded))
            embeddings = join_left([(one.tensors[0].to(self._device), after.embeddings[0]) for one in encoded])
            columns = [(photo[:, 0].T, text[:, 0].T) for photo, text in zip(photos, texts, strict=True)]
            positions = join_left(columns).permute(2, 0, 1)
        mask = self._mask(lengths, after.tokens, prefix_first=not self._photo_first)
        logits = self._model.forward(embeddings, positions, cache, rows=rows, mask=mask)
        return logits, torch.tensor(starts) + after.end, cache, mask

    def _expand_prefix(self, batch: int) -> DynamicCache:
        """The prefix once for each photo of a batch."""
        prefix = [(keys.expand(batch, -1, -1, -1), values.expand(batch, -1, -1, -1)) for keys, values in self._prefix]
        return build_cache(prefix, self._model.network.config)

    def _mask(self, lengths: Sequence[int], text_tokens: int, *, prefix_first: bool) -> torch.Tensor | None:
        """1 for each token of prefix, photo and text [B, longest], 0 for padding; None without any.

        The padding stands between prefix and photo where `prefix_first`, before both otherwise.
        """
        if len(set(lengths)) == 1:
            return None
        longest = max(lengths)
        padded = torch.tensor([[longest - length] for length in lengths])
        columns = torch.arange(self._before.tokens + longest + text_tokens)
        if not prefix_first:
            return (columns >= padded).long().to(self._device)
        inside = (columns >= self._before.tokens) & (columns < self._before.tokens + padded)
        return (~inside).long().to(self._device)

    def _decode_greedily(
        self,
        generations: list[_Generation],
        logits: torch.Tensor,
        positions: torch.Tensor,
        cache: DynamicCache,
        mask: torch.Tensor | None,
        *,
        max_tokens: int,
        until: Callable[[str], bool],
    ) -> None:
        """Decodes on from the logits [B, vocabulary] until each answer is finished."""
        for _ in range(max_tokens):
            tokens = logits.argmax(-1).tolist()
            shares = _logarithms(logits)[:, self._digits].exp().tolist()
            for generation, token, digits in zip(generations, tokens, shares, strict=True):
                if not generation.finished:
                    self._append(generation, token, tuple(digits), until)
            if all(generation.finished or len(generation.tokens) == max_tokens for generation in generations):
                return
            if mask is not None:
                mask = torch.cat([mask, mask.new_ones((len(generations), 1))], dim=1)
            embeddings = self._model.embed([[token] for token in tokens])
            logits = self._model.forward(embeddings, positions.expand(3, -1)[..., None], cache, rows=1, mask=mask)[:, 0]
            positions = positions + 1

    def _append(
        self, generation: _Generation, token: int, digits: tuple[float, ...], until: Callable[[str], bool]
    ) -> None:
        """Takes one more token of an answer, a stop token too."""
        generation.tokens.append(token)
        generation.digits.append(digits)
        longer = self._decode(generation.tokens)
        if not longer.endswith(_HALF_A_CHARACTER):
            generation.finished = until(longer)
            generation.text = generation.text if generation.finished else longer
        generation.finished = generation.finished or token in self._stop_tokens

    def _decode(self, tokens: list[int]) -> str:
        text: str = self._model.processor.tokenizer.decode(tokens, skip_special_tokens=True)
        return text


def _logarithms(rows: torch.Tensor) -> torch.Tensor:
    """ln P [B, vocabulary] of logits [B, vocabulary], in float32; raises PhotoRefused where they are no numbers."""
    logarithms = rows.float().log_softmax(dim=-1)
    if logarithms.isnan().any():  # float16 overflows on some photos
        raise PhotoRefused(RefusalReason.NOT_FINITE)
    return logarithms


def _stop_tokens(model: QwenVL) -> frozenset[int]:
    stop = model.network.generation_config.eos_token_id
    return frozenset(stop if isinstance(stop, list) else [stop])
