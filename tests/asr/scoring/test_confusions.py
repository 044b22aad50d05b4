"""Confusions: simple counts, most frequent first."""

from asr.scoring.alignment import align
from asr.scoring.confusions import Confusion, Missed, confusions


def test_counts_over_all_alignments() -> None:
    found = confusions(
        [
            align("the noor mosque", "the nur mosque"),
            align("noor island", "nur island uh"),
            align("noor is near", "noor is"),
            align("", "uh thank"),
        ]
    )
    assert found.pairs == (Confusion("noor", "nur", 2),)
    assert found.missed == (Missed("noor", 2, 3), Missed("near", 1, 1))
    assert found.inserted == (("uh", 2), ("thank", 1))


def test_keeps_the_most_frequent_in_a_fixed_order() -> None:
    found = confusions([align("c b a", "x x x"), align("b", "x")], most=2)
    assert [pair.reference for pair in found.pairs] == ["b", "a"]


def test_a_perfect_model_confuses_nothing() -> None:
    found = confusions([align("a b", "a b")])
    assert (found.pairs, found.missed, found.inserted) == ((), (), ())
