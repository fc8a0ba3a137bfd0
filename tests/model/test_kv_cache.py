"""KV caches of encoded photos: padded, joined, copied, with tensors small enough to check by hand."""

from typing import Any

import pytest
import torch
from transformers import Qwen2Config

from lychee_rerank.model.kv_cache import EncodedPhoto, Layers, build_cache, join_layers, join_left, layers_of

HEADS, WIDTH, LAYERS = 2, 3, 2
CONFIG = Qwen2Config(num_hidden_layers=LAYERS)


def filled(value: float, tokens: int, *, batch: int = 1) -> torch.Tensor:
    """Keys or values [batch, HEADS, tokens, WIDTH] whose numbers all differ."""
    numbers = torch.arange(batch * HEADS * tokens * WIDTH, dtype=torch.float32)
    return numbers.reshape(batch, HEADS, tokens, WIDTH) / 1000 + value


def layers(value: float, tokens: int) -> Layers:
    return tuple((filled(value + n, tokens), filled(value + n + 0.5, tokens)) for n in range(LAYERS))


def one(value: float, tokens: int) -> EncodedPhoto:
    return EncodedPhoto(
        tuple(half for pair in layers(value, tokens) for half in pair), torch.tensor([[1, 2, 2 * tokens]])
    )


def test_rows_of_two_pieces_stand_at_the_right_with_zeros_to_their_left() -> None:
    one, two, three = (torch.full((n, 1), float(n)) for n in (1, 2, 3))
    batch = join_left([(one, two), (one[:0], three), (two, one), (one, one)])
    assert batch[..., 0].tolist() == [[1, 2, 2], [3, 3, 3], [2, 2, 1], [0, 1, 1]]


def test_one_row_is_a_batch_without_padding() -> None:
    assert torch.equal(
        join_left([(filled(1, 2)[0], filled(2, 1)[0])])[0], torch.cat([filled(1, 2), filled(2, 1)], 2)[0]
    )


def test_keys_and_values_take_turns_layer_by_layer() -> None:
    assert [
        (keys.item(), values.item()) for keys, values in EncodedPhoto(tuple(torch.arange(6)), torch.ones(1, 3)).layers
    ] == [
        (0, 1),
        (2, 3),
        (4, 5),
    ]


def test_rows_may_have_dimensions_before_their_length() -> None:
    batch = join_left([(filled(1, 1)[0], filled(2, 2)[0]), (filled(3, 1)[0], filled(4, 1)[0])])
    assert batch.shape == (2, HEADS, 3, WIDTH)
    assert torch.equal(batch[0], torch.cat([filled(1, 1)[0], filled(2, 2)[0]], dim=1))
    assert torch.equal(batch[1, :, 1:], torch.cat([filled(3, 1)[0], filled(4, 1)[0]], dim=1))
    assert batch[1, :, 0].count_nonzero() == 0


def test_the_prefix_stands_before_each_photo_layer_by_layer() -> None:
    prefix, photos = layers(10, 2), [one(20, 1), one(30, 3)]
    joined = join_layers(prefix, photos)
    assert len(joined) == LAYERS
    for n in range(LAYERS):
        for half in range(2):
            whole = torch.cat([prefix[n][half], photos[1].layers[n][half]], dim=2)[0]
            short = torch.cat([prefix[n][half], photos[0].layers[n][half]], dim=2)[0]
            assert torch.equal(joined[n][half][1], whole)
            assert torch.equal(joined[n][half][0, :, 2:], short)


def test_a_cache_goes_on_from_what_is_kept_and_leaves_it_as_it_is() -> None:
    kept, more = layers(1, 2), filled(9, 1)
    cache = build_cache(kept, CONFIG)
    assert cache.get_seq_length() == 2
    keys, values = cache.update(more, more + 1, 1)
    assert torch.equal(keys, torch.cat([kept[1][0], more], dim=2))
    assert torch.equal(values, torch.cat([kept[1][1], more + 1], dim=2))
    assert kept[1][0].shape[2] == 2
    after = layers_of(cache)
    assert torch.equal(after[0][0], kept[0][0])
    assert torch.equal(after[0][1], kept[0][1])
    assert torch.equal(after[1][0], keys)


def test_a_copy_on_the_host_is_the_same_and_holds_nothing_else_alive() -> None:
    whole = filled(1, 10)
    part = EncodedPhoto((whole[:, :, 8:], whole[:, :, :1]), torch.tensor([[1, 2, 4]]))
    copy = part.on_host()
    assert all(map(torch.equal, copy.tensors, part.tensors))
    assert torch.equal(copy.grid, part.grid)
    assert [one.untyped_storage().nbytes() for one in copy.tensors] == [2 * HEADS * WIDTH * 4, HEADS * WIDTH * 4]
    assert copy.size_bytes == part.size_bytes == 3 * HEADS * WIDTH * 4


def test_where_the_machine_pins_no_more_memory_the_copy_is_made_without(monkeypatch: pytest.MonkeyPatch) -> None:
    make_empty = torch.empty_like

    def refuse_to_pin(tensor: torch.Tensor, **options: Any) -> torch.Tensor:
        if "pin_memory" in options:
            raise RuntimeError("CUDA error: out of memory")
        return make_empty(tensor, **options)

    monkeypatch.setattr(torch, "empty_like", refuse_to_pin)
    assert torch.equal(one(1, 2).on_host().tensors[0], filled(1, 2))
