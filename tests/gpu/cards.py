"""A card without room: its memory taken, to the last byte or but for so many."""

import torch

LEAST_BYTES = 512  # what PyTorch gives out at least


def fill_card(*, but_bytes: int = 0) -> list[torch.Tensor]:
    """Holds what the card has free, in pieces; empty the list to give it back."""
    torch.cuda.empty_cache()
    size_bytes = torch.cuda.mem_get_info()[0] - but_bytes
    if but_bytes:
        return [torch.empty(size_bytes, dtype=torch.uint8, device="cuda")]
    filling: list[torch.Tensor] = []
    while size_bytes >= LEAST_BYTES:
        try:
            filling.append(torch.empty(size_bytes, dtype=torch.uint8, device="cuda"))
        except torch.OutOfMemoryError:
            size_bytes //= 2
    return filling
