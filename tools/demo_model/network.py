"""The demo model's shape, and a training pass over its own modules that shares one look at a photo between queries.

Knows no data. tests/tools/test_demo_data.py holds the pass to the model's own forward.
"""

import torch
from torch import Tensor
from torch.nn import functional
from transformers import GenerationConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2TokenizerFast
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import get_vision_position_ids, rotate_half

HIDDEN, LAYERS, HEADS, KEY_HEADS, INNER = 192, 6, 6, 2, 512
SPREAD = 0.04  # of the first weights: 0.02, which wider models use, starts slowly at this width
PATCH_PX, MERGE = 14, 2
TEXT = {
    "hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KEY_HEADS,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
    "initializer_range": SPREAD,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 6, 6]},
    "bos_token_id": None,
}
VISION = {
    "depth": LAYERS,
    "hidden_size": HIDDEN,
    "out_hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_heads": HEADS,
    "patch_size": PATCH_PX,
    "spatial_merge_size": MERGE,
    "temporal_patch_size": 2,
    "window_size": 112,  # pixels; unused, since every layer sees the whole photo
    "fullatt_block_indexes": list(range(LAYERS)),
    "initializer_range": SPREAD,
}


def build_model(tokenizer: Qwen2TokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    """An untrained model of the demo's shape, in float32; full attention in every vision layer."""

    def number(token: str) -> int:
        return tokenizer.convert_tokens_to_ids(token)

    config = Qwen2_5_VLConfig(
        text_config={**TEXT, "vocab_size": len(tokenizer), "eos_token_id": number("<|im_end|>"),
                     "pad_token_id": number("<|endoftext|>")},
        vision_config=VISION,
        image_token_id=number("<|image_pad|>"), video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"), vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=True,
    )  # fmt: skip
    config._attn_implementation = "eager"
    model = Qwen2_5_VLForConditionalGeneration(config)
    ends = [number("<|im_end|>"), number("<|endoftext|>")]
    model.generation_config = GenerationConfig(do_sample=False, eos_token_id=ends, pad_token_id=ends[1])
    return model


def cut_patches(pixels: Tensor) -> Tensor:
    """Normalised photos [B, 3, H, W] as the processor's patches [B, H*W/196, 1176], the frame doubled in time."""
    count, _, height, width = pixels.shape
    rows, columns, step = height // (PATCH_PX * MERGE), width // (PATCH_PX * MERGE), PATCH_PX
    cut = pixels.reshape(count, 3, rows, MERGE, step, columns, MERGE, step).permute(0, 2, 5, 3, 6, 1, 4, 7)
    cut = cut.reshape(count, rows * columns * MERGE * MERGE, 3, 1, step * step).expand(-1, -1, -1, 2, -1)
    return cut.reshape(count, rows * columns * MERGE * MERGE, -1)


def _norm(module: torch.nn.Module, x: Tensor) -> Tensor:
    return functional.rms_norm(x, (x.shape[-1],), module.weight, module.variance_epsilon)


def _feed(mlp: torch.nn.Module, x: Tensor) -> Tensor:
    return mlp.down_proj(functional.silu(mlp.gate_proj(x)) * mlp.up_proj(x))


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return x * cos + rotate_half(x) * sin


def look(model: Qwen2_5_VLForConditionalGeneration, patches: Tensor, grid: tuple[int, int]) -> Tensor:
    """Visual tokens [B, T, hidden] of photos that share one grid of patches."""
    visual = model.model.visual
    count, length, _ = patches.shape
    places = get_vision_position_ids(torch.tensor([[1, *grid]]), MERGE)
    cos, sin = (part.to(patches.dtype) for part in visual.rotary_pos_emb(patches, places))
    x = patches @ visual.patch_embed.proj.weight.flatten(1).T
    for block in visual.blocks:
        qkv = block.attn.qkv(_norm(block.norm1, x)).view(count, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        q, k = _turn(qkv[0], cos, sin), _turn(qkv[1], cos, sin)
        weights = torch.softmax(q @ k.transpose(2, 3) * block.attn.scaling, dim=-1)
        x = x + block.attn.proj((weights @ qkv[2]).transpose(1, 2).reshape(count, length, -1))
        x = x + _feed(block.mlp, _norm(block.norm2, x))
    merger = visual.merger
    return merger.mlp(_norm(merger.ln_q, x).view(count, length // MERGE**2, -1))


def read(
    model: Qwen2_5_VLForConditionalGeneration, head: Tensor, branches: Tensor, *,
    places: Tensor, layers: tuple[int, ...],
) -> list[Tensor]:  # fmt: skip
    """Hidden states [B, K, S, hidden] of the branches after each of the given numbers of layers.

    Embeddings `head` [B, H, hidden] and `branches` [B, K, S, hidden] stand at `places` [3, 1, H + K*S]. A branch sees
    its head and itself; branches don't see each other.
    """
    language = model.model.language_model
    count, fan, length, _ = branches.shape
    x = torch.cat([head, branches.flatten(1, 2)], dim=1)
    turn = language.rotary_emb(x, places)
    states = []
    for number, layer in enumerate(language.layers[: max(layers)], start=1):
        x = x + _attend(layer.self_attn, _norm(layer.input_layernorm, x), turn, head=head.shape[1], fan=fan)
        x = x + _feed(layer.mlp, _norm(layer.post_attention_layernorm, x))
        if number in layers:
            states.append(x[:, head.shape[1] :].view(count, fan, length, -1))
    return states


def place_photo(start: int, grid: tuple[int, int]) -> tuple[Tensor, int]:
    """Positions [3, T] of a photo's visual tokens on the three axes, and the position at which the text goes on."""
    rows, columns = grid[0] // MERGE, grid[1] // MERGE
    down, across = torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)
    return start + torch.stack([torch.zeros_like(down), down, across]), start + max(rows, columns)


def place_text(start: int, length: int) -> Tensor:
    """Positions [3, length] of text: it counts on alike on the three axes."""
    return (start + torch.arange(length)).expand(3, -1)


def _attend(attention: torch.nn.Module, x: Tensor, turn: tuple[Tensor, Tensor], *, head: int, fan: int) -> Tensor:
    """Causal attention over the common head [B, head] and over fan branches behind it."""
    count, total, _ = x.shape

    def split(y: Tensor) -> Tensor:
        return y.view(count, total, -1, attention.head_dim).transpose(1, 2)

    cos, sin = turn[0][:, None], turn[1][:, None]
    group = attention.num_key_value_groups
    q = _turn(split(attention.q_proj(x)), cos, sin) * attention.scaling
    k = _turn(split(attention.k_proj(x)), cos, sin).repeat_interleave(group, dim=1)
    v = split(attention.v_proj(x)).repeat_interleave(group, dim=1)
    common = _mask(q[:, :, :head] @ k[:, :, :head].transpose(2, 3)).softmax(-1) @ v[:, :, :head]
    own = [part[:, :, head:].unflatten(2, (fan, -1)) for part in (q, k, v)]
    to_head = (q[:, :, head:] @ k[:, :, :head].transpose(2, 3)).unflatten(2, (fan, -1))
    weights = torch.cat([to_head, _mask(own[0] @ own[1].transpose(3, 4))], dim=-1).softmax(-1)
    branch = weights[..., :head].flatten(2, 3) @ v[:, :, :head] + (weights[..., head:] @ own[2]).flatten(2, 3)
    return attention.o_proj(torch.cat([common, branch], dim=2).transpose(1, 2).reshape(count, total, -1))


def _mask(scores: Tensor) -> Tensor:
    """Scores [..., S, S] with what lies ahead ruled out."""
    ahead = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(ahead, float("-inf"))
