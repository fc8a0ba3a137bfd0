"""Rotary positions in three axes, against the paper's rule written out by hand."""

import torch

from lychee_rerank.model.positions import photo_positions, text_positions


def test_a_text_counts_on_from_its_start_in_all_three_axes() -> None:
    assert text_positions(5, 3).tolist() == [[[5, 6, 7]]] * 3
    assert text_positions(0, 0).shape == (3, 1, 0)


def test_a_photo_stands_still_in_time_and_counts_its_cells_by_row_and_by_column() -> None:
    positions, _ = photo_positions(torch.tensor([[1, 4, 6]]), start=10)  # two rows of three cells
    assert positions.tolist() == [
        [[10, 10, 10, 10, 10, 10]],
        [[10, 10, 10, 11, 11, 11]],
        [[10, 11, 12, 10, 11, 12]],
    ]


def test_the_text_goes_on_behind_the_longer_side() -> None:
    ends = [photo_positions(torch.tensor([[1, *sides]]), start=7)[1] for sides in ((4, 6), (6, 4), (2, 2), (20, 2))]
    assert ends == [10, 10, 8, 17]
