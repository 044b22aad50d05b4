"""The randomization test: as counted by hand, and as the normal distribution where that is right."""

import itertools
import random

import numpy as np
import pytest

from asr.scoring import randomization
from asr.scoring.randomization import chance_of_more


def test_all_signs_counted() -> None:
    choice = random.Random(3)
    for _ in range(30):
        differences = [choice.randint(-4, 4) for _ in range(choice.randrange(9))]
        signs = list(itertools.product((-1, 1), repeat=len(differences)))
        sums = [sum(sign * abs(each) for sign, each in zip(some, differences, strict=True)) for some in signs]
        expected = sum(each >= sum(differences) for each in sums) / len(sums)
        assert chance_of_more(differences) == pytest.approx(expected)


def test_few_never_prove_much() -> None:
    assert chance_of_more([]) == 1.0
    assert chance_of_more([0, 0, 0]) == 1.0
    assert chance_of_more([1000]) == 0.5
    assert chance_of_more([7, 9, 1000]) == 0.125
    assert chance_of_more([-1]) == 1.0


def test_many_take_no_more_time_and_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    differences = [int(each) for each in draw.integers(-3, 4, 400)]
    differences += [1] * 40
    exact = chance_of_more(differences)
    monkeypatch.setattr(randomization, "_STEPS", 100)
    assert chance_of_more(differences) == pytest.approx(exact, rel=0.15)
    assert 0.001 < exact < 0.2
    monkeypatch.undo()
    assert chance_of_more([10**6] * 10**4 + [-(10**6)] * 10**4) == pytest.approx(0.5)
