"""What a run would do and cost, said before it does it; what the settings do not allow is not begun."""

import pytest

from asr.azure.entities import ModelProperties, ServiceBase
from asr.azure.options import AzureOptions
from asr.azure.plan import Plan, Step, Upload, refuse_costs, steps_of
from asr.errors import SettingsError


def base(charged: bool | None) -> ServiceBase:
    return ServiceBase(
        display_name="20260101 newest", locale="en-US", properties=ModelProperties(charge_for_adaptation=charged)
    )


def steps(charged: bool | None = True, **changes: bool) -> list[tuple[str, str]]:
    known = {"champion_is_there": True, "has_endpoint": False, "evaluation": False, "is_trained": False}
    return [(one.what, one.charged) for one in steps_of(base(charged), 0.5, **known | changes)]


def test_a_first_run() -> None:
    assert steps() == [
        ("transcribe the testing data with the champion", "as 0.50 h of batch transcription"),
        ("train the candidate", "by the hour of training"),
        ("transcribe the testing data with the candidate", "as 0.50 h of batch transcription"),
        ("make an endpoint, if it is promoted", "by the hour, for as long as it exists"),
        ("try it there with at most a minute of recordings", "as live recognition of them"),
    ]


def test_what_is_there_costs_nothing_more() -> None:
    later = dict(steps(has_endpoint=True, is_trained=True, evaluation=True))
    assert later["train the candidate, which is there already"] == ""
    assert later["let the service judge both"] == "as 1.00 h of transcription"
    assert later["give the endpoint the candidate, if it is promoted"] == "by the hour, as now"
    assert not any(what.startswith("make an endpoint") for what in later)


def test_a_champion_of_this_machine_is_measured_here() -> None:
    asked = dict(steps(champion_is_there=False, evaluation=True))
    assert not any("champion" in what or "judge both" in what for what in asked)


def test_a_base_that_is_not_charged() -> None:
    assert dict(steps(charged=False))["train the candidate"] == ""
    assert dict(steps(charged=None))["train the candidate"] == "by the hour of training", "nobody says that it is free"


def test_costs_that_are_not_allowed() -> None:
    with pytest.raises(SettingsError) as raised:
        refuse_costs(base(True), 1.0, AzureOptions())
    assert str(raised.value) == (
        "20260101 newest: training from it is charged; set azure.allow_charged_training = true"
    )
    with pytest.raises(SettingsError, match=r"= true, or azure.base_model = abc, which is not charged$"):
        refuse_costs(base(True), 1.0, AzureOptions(), "abc")
    refuse_costs(base(True), 1.0, AzureOptions(allow_charged_training=True))
    refuse_costs(base(False), 1.0, AzureOptions())


def test_more_audio_than_is_allowed() -> None:
    options = AzureOptions(max_training_audio_hours=2.5)
    refuse_costs(base(False), 2.5, options)
    with pytest.raises(SettingsError) as raised:
        refuse_costs(base(False), 2.51, options)
    assert str(raised.value) == (
        "training_data: 2.51 hours of audio, and azure.max_training_audio_hours is 2.5; raise it, or train on less"
    )


def test_the_plan_for_a_terminal() -> None:
    plan = Plan(
        base="20260101 newest",
        base_charged=True,
        locale="en-US",
        training_hours=1.5,
        testing_hours=0.25,
        uploads=(
            Upload(what="training audio", kind="Acoustic", megabytes=12.34, is_there=False),
            Upload(what="testing", kind="Acoustic", megabytes=5.0, is_there=True),
        ),
        steps=(Step(what="train the candidate", charged="by the hour"), Step(what="look", charged="")),
        dropped=("Pronunciation",),
    )
    lines = [" ".join(line.split()) for line in plan.summary().splitlines()]
    assert lines == [
        "base 20260101 newest (en-US), training is charged",
        "audio 1.50 h to train on, 0.25 h to test on",
        "upload 1 of 2 files, 12.3 MB; the others are there",
        "training audio audio with transcripts 12.3 MB",
        "testing audio with transcripts there already",
        "steps",
        "train the candidate by the hour",
        "look not charged",
        "dropped pronunciations: the base does not learn from it",
    ]
    assert "not charged" in plan.model_copy(update={"base_charged": False}).summary().splitlines()[0]
