"""The demo model's own tokenizer and processor: a small byte-level BPE with Qwen's special tokens and chat template."""

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2_5_VLProcessor, Qwen2TokenizerFast, Qwen2VLImageProcessor, Qwen2VLVideoProcessor

from demo_model.icons import COLOURS
from demo_model.queries import COLOUR_FORMS, COUNTS, FRAMES, JOINERS, UNSURE, WHY, World
from lychee_rerank.scoring.prompts import NUMBER, PHOTO, QUERY, WHOLE, YES_NO, explain

ENTRIES = 6144
MIN_PIXELS, MAX_PIXELS = 4 * 28 * 28, 168 * 168  # a 4:3 photo becomes 168x140: 30 visual tokens
QWEN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
CHAT_TEMPLATE = (
    "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}"
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "{% set image_count.value = image_count.value + 1 %}"
    "{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}"
    "{% set video_count.value = video_count.value + 1 %}"
    "{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def corpus(world: World) -> list[str]:
    """Texts to learn the entries from: the prompts, names with and without a space before, frames, general words."""
    names = [name.lower() for icon in world.icons for name in (*icon.en, *icon.zh, icon.plural)]
    names += [name for colour in COLOURS for name in (*colour.en, *colour.zh)]
    counts = [f"{count}{icon.measure}" for icon in world.icons for counts in COUNTS["zh"].values() for count in counts]
    counts += [f" {count}" for counts in COUNTS["en"].values() for count in counts]
    frames = [frame.format("x") for forms in (*FRAMES.values(), *COLOUR_FORMS.values()) for frame in forms]
    frames += [
        text for why in WHY.values() for text in (*why.forms, why.score, why.end, why.nothing_seen, why.nothing_missing)
    ]
    joiners = [f"x{joiner}x" for forms in JOINERS.values() for joiner in forms]
    strangers = [name for names_of in world.strangers.values() for name in names_of]
    templates = (NUMBER, WHOLE, YES_NO, explain(6.7))
    prompts = [text for one in templates for text in (one.system, one.user.replace(PHOTO, "\n").replace(QUERY, "x"))]
    prompts += ["system\n", "user\n", "assistant\n", "yes", "no", *UNSURE]
    return (
        prompts * 60 + [f"{lead}{name}" for name in names for lead in ("", " ")] * 40
        + (frames + joiners + counts) * 20 + [f"{lead}{name}" for name in strangers for lead in ("", " ")]
    )  # fmt: skip


def build_tokenizer(world: World) -> Qwen2TokenizerFast:
    """The tokenizer, learned from the corpus; `yes`, `no` and the words of doubt come out as one token each."""
    plain = Tokenizer(models.BPE())
    plain.normalizer = normalizers.NFC()
    plain.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    plain.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=ENTRIES - len(SPECIAL),
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    plain.train_from_iterator(corpus(world), trainer)
    plain.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    tokenizer = Qwen2TokenizerFast(
        tokenizer_object=plain, eos_token="<|im_end|>", pad_token="<|endoftext|>", unk_token=None, bos_token=None
    )
    for word in ("yes", "no", *UNSURE):
        if len(tokenizer.encode(word)) != 1:
            raise ValueError(f"{word!r} is not one token")
    return tokenizer


def build_processor(tokenizer: Qwen2TokenizerFast) -> Qwen2_5_VLProcessor:
    """The processor around the tokenizer, with the demo model's pixel budget."""
    size = {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS}
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=size),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    )
