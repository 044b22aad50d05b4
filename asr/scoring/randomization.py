"""How likely is it by chance alone: the exact randomization test of paired differences (Fisher 1935)."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

_STEPS = 10_000_000
"""Additions at most, in 160 MB at worst; sums of more differences are taken for normally distributed."""


def chance_of_more(differences: Sequence[int]) -> float:
    """Return the chance of a sum at least this large if each difference had its sign from the toss of a coin.

    That is so when two models are equally good: which of them made the more errors in a block is then chance. It is
    exact, so that few differences never prove much: n of them give at least 2⁻ⁿ.
    """
    sizes = [abs(difference) for difference in differences if difference]
    total, observed = sum(sizes), sum(differences)
    if len(sizes) * total > _STEPS:
        deviation = sum(size**2 for size in sizes) ** 0.5
        return NormalDist().cdf(-observed / deviation)
    # Only the positive ones are added up: their sum is (total + sum of all) / 2. chances[k] is the chance of sum k.
    chances = np.zeros(total + 1)
    chances[0] = 1
    for size in sizes:
        moved = chances[:-size] / 2
        chances /= 2
        chances[size:] += moved
    return min(1.0, float(chances[(total + observed) // 2 :].sum()))
