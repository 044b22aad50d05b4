"""What backend, model and settings ask, and that the checks of a corpus follow it."""

from pathlib import Path

import pytest

from asr.corpus.azure_checks import azure_limits
from asr.corpus.checks import Checks
from asr.corpus.file_cache import Measurement
from asr.corpus.inspection import Inspection
from asr.corpus.limits import DEFAULT_LIMITS, Limits, local_limits
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, Purpose
from asr.models.abilities import read_abilities

PLACE = Path("testing_data")


def checked(limits: Limits, purpose: Purpose, *texts: str, seconds: float = 2.0) -> list[Problem]:
    problems: list[Problem] = []
    with Checks(purpose, limits) as checks:
        for number, text in enumerate(texts):
            name = f"{number:03}.wav"
            row = Row(name, Path(name), Path(name), text, Path("metadata.csv"), number + 2)
            problems += checks.of(row, Inspection("0", Measurement(seconds, name, 0.3, 0.0, 0.0, 16_000)))
        problems += checks.of_all(PLACE)
    return problems


def test_defaults_ask_nothing_of_a_model() -> None:
    assert checked(DEFAULT_LIMITS, "training", "17 % привет") == []
    assert checked(DEFAULT_LIMITS, "testing", "one word") == []


def test_a_model_that_hears_little_at_once(whisper: Path, moonshine: Path) -> None:
    hears_five = local_limits(read_abilities(str(whisper)), "english", 0.0)
    unbound = local_limits(read_abilities(str(moonshine)), "english", 0.0)

    for purpose, severity in (("training", "error"), ("testing", "warning")):
        (problem,) = checked(hears_five, purpose, "turn left at", seconds=6.0)  # type: ignore[arg-type]
        assert (problem.rule, problem.severity) == ("too_long", severity)
    assert hears_five.longest("training").seconds == 5
    assert unbound.longest("training") == DEFAULT_LIMITS.longest("training")


@pytest.mark.parametrize(
    ("min_gain", "words", "said"),
    [
        (0.5, 30, "30 words show no gain, 50% takes about 120 words"),
        (0.5, 70, "70 words show a gain of 66% or more, 50% takes about 120 words"),
        (0.5, 120, ""),
        (0.0, 10, ""),
    ],
)
def test_the_size_of_a_test(min_gain: float, words: int, said: str) -> None:
    texts = ["five words in a row"] * (words // 5)
    found = checked(Limits(min_gain=min_gain), "testing", *texts)

    assert [(one.severity, one.file, one.message.partition(": ")[2]) for one in found] == (
        [("warning", PLACE, said)] if said else []
    )
    assert checked(Limits(min_gain=min_gain), "training", *texts) == []


def test_azure_asks_for_other_things_than_a_model() -> None:
    limits = azure_limits("af-ZA", "basic", 0.05)
    found = [(one.rule, one.severity, one.file) for one in checked(limits, "training", "17", seconds=35.0)]

    assert found == [
        ("digits", "warning", Path("metadata.csv")),
        ("little_text", "warning", Path("metadata.csv")),
        ("azure_locale", "warning", PLACE),
    ]


def test_a_locale_matters_to_trainings_only() -> None:
    limits = azure_limits("af-ZA", "basic", 0.0)

    assert [one.rule for one in checked(limits, "training", "draai links")] == ["azure_locale"]
    assert checked(limits, "testing", "draai links") == []


def test_of_a_locale_that_is_newer_than_the_table_nothing_is_said() -> None:
    assert checked(azure_limits("rm-CH", "basic", 0.0), "training", "draai links") == []


def test_texts_are_also_checked_for_azure() -> None:
    found = checked(azure_limits("en-US", "english", 0.0), "testing", "yeah yeah yeah yeah", "I’m here")

    assert [one.rule for one in found] == ["azure_repeats", "azure_characters"]
