"""The analysis puts everything together, and keeps only as much as anybody reads."""

from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring import analysis as analysing
from asr.scoring.analysis import Analysis, analyse
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.text.normalizers import normalizer

BASIC = normalizer("basic")


def heard(*pairs: tuple[str, str]) -> list[Hypothesis]:
    utterances = [
        Utterance(f"{n:03}", Path("x.wav"), text, 1.0 + 9 * (n % 2), "", slice=f"s{n % 2}", noise=20.0 * (n % 2))
        for n, (text, _) in enumerate(pairs)
    ]
    return score(utterances, {f"{n:03}": text for n, (_, text) in enumerate(pairs)}, "basic")


ROWS = heard(("To Kalba!", "to calva"), ("to Kalba", "to calva"), ("", "thank you"), ("go to ☃ Ωmega", "go to omega"))


def test_every_side_is_looked_at() -> None:
    found = analyse(ROWS, BASIC, learned={"to"}, written=lambda char: "" if char == "Ω" else char)
    assert [(pair.reference, pair.hypothesis, pair.count) for pair in found.confusions.pairs][:1] == [
        ("kalba", "calva", 2)
    ]
    assert [one.word for one in found.always_missed] == ["kalba"]
    assert [one.word for one in found.never_learned] == ["kalba", "ωmega", "go"]
    assert [one.text for one in found.phrases] == ["to kalba"]
    assert [one.kind for one in found.hallucinations] == ["silence"]
    assert [(one.name, one.errors) for one in found.slices] == [("s0", 3), ("s1", 2)]
    assert [(one.name, one.words) for one in found.durations] == [("up to 2 s", 2), ("5–10 s", 5)]
    assert [(one.name, one.utterances) for one in found.noises] == [("under 10 dB", 2), ("20–30 dB", 2)]
    assert [one.word for one in found.unwritable] == ["ωmega"]
    totals = found.totals
    assert (totals.never_learned, totals.never_learned_said, totals.never_learned_found) == (3, 4, 1)


def test_what_is_not_known_is_not_asked() -> None:
    found = analyse(ROWS, BASIC)
    assert (found.never_learned, found.unwritable, found.totals.never_learned) == ((), (), 0)


def test_lists_end_and_totals_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysing, "MOST", 2)
    rows = heard(*[(f"w{n} x{n}", "") for n in range(5)] * 2, *[("", "you")] * 3)
    found = analyse(rows, BASIC, learned=set(), written=lambda _: "")
    lists = (found.always_missed, found.never_learned, found.phrases, found.hallucinations, found.unwritable)
    assert [len(one) for one in lists] == [2] * 5
    totals = found.totals
    assert (totals.always_missed, totals.never_learned, totals.phrases, totals.unwritable) == (10, 10, 5, 10)
    assert totals.hallucinations == {"silence": 3}


def test_it_survives_json() -> None:
    found = analyse(ROWS, BASIC, learned={"to"})
    assert Analysis.model_validate_json(found.model_dump_json()) == found


def test_the_words_of_a_published_system_add_up(published: tuple[list[Utterance], dict[str, dict[str, str]]]) -> None:
    utterances, systems = published
    rows = score(utterances, next(iter(systems.values())), "english")
    found = analyse(rows, normalizer("english"), learned=set())
    said, recognized = found.totals.never_learned_said, found.totals.never_learned_found
    missed = sum(row.substitutions + row.deletions for row in rows)
    numbers = sum(row.words for row in rows) - said  # nothing was learned, and numbers are not asked for
    assert 0 < numbers < 0.01 * said
    assert missed - numbers <= said - recognized <= missed
