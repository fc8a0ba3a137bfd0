"""How Qwen2.5-VL cuts a photo up; the same for every size of the family.

Source: Qwen2.5-VL, https://arxiv.org/abs/2502.13923, section 2.1.1.
"""

PATCH_PX = 14  # side of a patch
MERGE = 2  # patches per side of one visual token
TOKEN_PX = MERGE * PATCH_PX
QUICK_SHARE, LEAST_QUICK_TOKENS, MOST_QUICK_TOKENS = 10, 25, 64


def quick_budget_px(budget_px: int, visual_tokens: int | None) -> int:
    """The pixel budget of a quick look at so many visual tokens; None: at a tenth of the full ones, but 25 to 64.

    It is never larger than the full one, `budget_px`.
    """
    tenth = budget_px // TOKEN_PX**2 // QUICK_SHARE
    tokens = visual_tokens or min(max(tenth, LEAST_QUICK_TOKENS), MOST_QUICK_TOKENS)
    return min(tokens * TOKEN_PX**2, budget_px)
