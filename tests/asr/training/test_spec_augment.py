"""Bands of time and frequency are hidden: within the utterance, on the right axes, and by the draw alone."""

import pytest
import torch

from asr.training.spec_augment import mask_features

MELS, FRAMES = 64, 200


def features(time_axis: int, batch: int = 40) -> torch.Tensor:
    torch.manual_seed(0)
    shape = (batch, FRAMES, MELS) if time_axis == 1 else (batch, MELS, FRAMES)
    return torch.randn(shape) + 3


def masked(time_axis: int, length: float = 1.0, batch: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Features before, and what was hidden: both (batch, time, mel)."""
    before = features(time_axis, batch)
    after = mask_features(before, [length] * batch, [(1, 0, number) for number in range(batch)], time_axis)
    assert after.shape == before.shape
    hidden = after != before
    return (before, hidden) if time_axis == 1 else (before.transpose(1, 2), hidden.transpose(1, 2))


@pytest.mark.parametrize("time_axis", [1, 2])
def test_both_axes_are_hidden(time_axis: int) -> None:
    _, hidden = masked(time_axis)
    whole_bins = hidden.all(dim=1).sum(dim=1).float()
    whole_frames = hidden.all(dim=2).sum(dim=1).float()
    assert 4 < whole_bins.mean() < 2 * 0.18 * MELS
    assert 4 < whole_frames.mean() < 2 * 0.08 * FRAMES
    assert whole_bins.max() <= 2 * 0.18 * MELS
    assert whole_frames.max() <= 2 * 0.08 * FRAMES
    bands = hidden.all(dim=1)[:, :, None].transpose(1, 2) | hidden.all(dim=2)[:, :, None]
    assert torch.equal(hidden, bands), "nothing is hidden but whole bands"


@pytest.mark.parametrize("time_axis", [1, 2])
@pytest.mark.parametrize("length", [0.001, 0.1, 0.5])
def test_padding_is_left_alone(time_axis: int, length: float) -> None:
    _, hidden = masked(time_axis, length)
    frames = max(1, int(FRAMES * length))
    assert not hidden[:, frames:].any()
    assert hidden[:, :frames].any()


def test_what_is_hidden_is_the_mean_of_the_utterance() -> None:
    before = features(1, batch=3)
    before[:, 100:] = -50  # padding must not count
    after = mask_features(before, [0.5] * 3, [(1, 0, number) for number in range(3)], 1)
    for utterance, original in zip(after, before, strict=True):
        values = utterance[utterance != original].unique()
        assert torch.allclose(values, original[:100].mean())


def test_the_draw_decides_and_nothing_else() -> None:
    before = features(1, batch=4)
    draws = [(1, 0, 5), (1, 0, 6), (1, 1, 5), (2, 0, 5)]
    together = mask_features(before, [1.0] * 4, draws, 1)
    torch.manual_seed(99)
    alone = torch.cat([mask_features(one[None], [1.0], [draw], 1) for one, draw in zip(before, draws, strict=True)])
    assert torch.equal(together, alone)
    patterns = {(after != original).numpy().tobytes() for after, original in zip(together, before, strict=True)}
    assert len(patterns) == 4


def test_the_features_themselves_stay() -> None:
    before = features(1, batch=2)
    kept = before.clone()
    mask_features(before, [1.0] * 2, [(1,), (2,)], 1)
    assert torch.equal(before, kept)


def test_longer_than_the_window() -> None:
    """The extractor has cut it off."""
    before = features(2, batch=1)
    mask_features(before, [1.7], [(1, 2, 3)], 2)
