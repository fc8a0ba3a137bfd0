"""How Qwen2.5-VL cuts a photo up; the same for every size of the family.

Source: Qwen2.5-VL, https://arxiv.org/abs/2502.13923, section 2.1.1.
"""

PATCH_PX = 14  # side of a patch
MERGE = 2  # patches per side of one visual token
TOKEN_PX = MERGE * PATCH_PX
