"""Which base a training starts from, out of the hundreds that the service lists with the oldest first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from asr.azure.base_models import choose_base, is_charged, supported, uncharged, why_not
from asr.azure.entities import ModelProperties, ServiceBase
from asr.errors import DataError, SettingsError
from tests.azure_emulator.control import expire_model

AUDIO: frozenset[Any] = frozenset({"Acoustic"})
TEXT: frozenset[Any] = frozenset({"Language"})
WORDS: frozenset[Any] = frozenset({"Pronunciation"})


def test_the_newest_that_can_be_trained_and_hosted(azure: Any) -> None:
    found = choose_base(azure.service, "en-US", AUDIO | TEXT | WORDS)
    assert found.id == azure.base("charged").id
    newer = [one for one in azure.service.all(ServiceBase, "locale eq 'en-US'")
             if one.created_date_time > found.created_date_time]  # fmt: skip
    assert [one.display_name.split()[-1] for one in newer] == ["withdrawn"]


def test_every_page_is_read(azure: Any) -> None:
    """More than a hundred of one locale, the newest on the last page."""
    state = azure.emulator.state
    newest = azure.base("charged")
    copies = {f"older-{number}": {**state.base_models[newest.id], "createdDateTime": "2020-01-01T00:00:00Z"}
              for number in range(150)}  # fmt: skip
    state.base_models = copies | state.base_models
    before = azure.calls("Models_ListBaseModels")
    assert choose_base(azure.service, "en-US", AUDIO).id == newest.id
    assert azure.calls("Models_ListBaseModels") - before == 2


def test_whisper_is_no_base_here(azure: Any) -> None:
    state = azure.emulator.state
    whisper = azure.base("Whisper Large V2")
    assert why_not(whisper, datetime.now(UTC)) == "its models cannot be hosted on an endpoint"
    for id, body in list(state.base_models.items()):
        if body["locale"] == "en-US" and id != whisper.id:
            del state.base_models[id]
    with pytest.raises(SettingsError, match="no base model of en-US that can be trained and hosted now"):
        choose_base(azure.service, "en-US", AUDIO)


@pytest.mark.parametrize(
    ("features", "why"),
    [
        ({"supportsEndpoints": False}, "cannot be hosted"),
        ({"supportsTranscriptionsSubmit": False}, "cannot transcribe batches"),
        ({"supportedOutputFormats": ["Display"]}, "writes no lexical form"),
    ],
    ids=["endpoint", "batch", "lexical"],
)
def test_a_base_that_lacks_something_is_passed_over(azure: Any, features: dict[str, Any], why: str) -> None:
    azure.change_base("charged", **features)
    newest = azure.base("charged")
    assert why in why_not(newest, datetime.now(UTC))
    assert choose_base(azure.service, "en-US", AUDIO).id == azure.base("uncharged").id
    with pytest.raises(SettingsError, match=f"azure.base_model: .* charged: .*{why}"):
        choose_base(azure.service, "en-US", AUDIO, pinned=newest.id)


def test_a_base_expires(azure: Any) -> None:
    expire_model(azure.emulator.state, {"model": azure.base("charged").id, "days": -1})
    assert choose_base(azure.service, "en-US", AUDIO).id == azure.base("uncharged").id
    later = datetime(2126, 1, 1, tzinfo=UTC)
    with pytest.raises(
        SettingsError,
        match="no base model of en-US that can be trained and hosted now; choose another locale, such as en-AU",
    ):
        choose_base(azure.service, "en-US", AUDIO, now=later)


def test_a_base_that_is_being_made_is_none(azure: Any) -> None:
    azure.emulator.state.base_models[azure.base("charged").id]["status"] = "Running"
    assert why_not(azure.base("charged"), datetime.now(UTC)) == "its status is Running"
    assert choose_base(azure.service, "en-US", AUDIO).id == azure.base("uncharged").id


def test_an_older_one_that_learns_from_all_goes_before_a_newer_one(azure: Any) -> None:
    azure.change_base("charged", supportsAdaptationsWith=["Language"])
    assert choose_base(azure.service, "en-US", AUDIO | TEXT).id == azure.base("uncharged").id
    assert choose_base(azure.service, "en-US", TEXT).id == azure.base("charged").id
    assert choose_base(azure.service, "en-US", frozenset()).id == azure.base("charged").id


def test_a_locale_without_a_kind_refuses_or_drops_it(azure: Any) -> None:
    with pytest.raises(DataError) as raised:
        choose_base(azure.service, "ar-EG", AUDIO | TEXT | WORDS)
    assert str(raised.value) == (
        "training_data: ar-EG does not learn from pronunciations; remove them, or set azure.unsupported_data = drop"
    )
    base = choose_base(azure.service, "ar-EG", AUDIO | TEXT | WORDS, unsupported="drop")
    assert base.id == azure.base("charged", "ar-EG").id
    assert supported(base, AUDIO | TEXT | WORDS) == AUDIO | TEXT


def test_a_locale_without_audio(azure: Any) -> None:
    with pytest.raises(DataError, match="training_data: af-ZA does not learn from audio with transcripts;"):
        choose_base(azure.service, "af-ZA", AUDIO | TEXT)
    assert choose_base(azure.service, "af-ZA", AUDIO | TEXT, unsupported="drop").locale == "af-ZA"


def test_audio_alone_is_text_where_the_base_learns_no_sounds(azure: Any) -> None:
    """Its transcripts stay, as text: that is what `drop` says."""
    assert choose_base(azure.service, "af-ZA", AUDIO, unsupported="drop").id == azure.base("charged", "af-ZA").id
    pinned = azure.base("uncharged", "af-ZA").id
    assert choose_base(azure.service, "af-ZA", AUDIO, pinned=pinned, unsupported="drop").id == pinned
    with pytest.raises(DataError, match="af-ZA does not learn from audio with transcripts; remove them"):
        choose_base(azure.service, "af-ZA", AUDIO)


def test_nothing_of_it_can_be_learned(azure: Any) -> None:
    azure.change_base("charged", "af-ZA", supportsAdaptationsWith=["OutputFormatting"])
    azure.change_base("uncharged", "af-ZA", supportsAdaptationsWith=["OutputFormatting"])
    for pinned in ("", azure.base("charged", "af-ZA").id):
        with pytest.raises(DataError, match="does not learn from audio with transcripts and pronunciations;"):
            choose_base(azure.service, "af-ZA", AUDIO | WORDS, unsupported="drop", pinned=pinned)


def test_another_locale_has_its_own(azure: Any) -> None:
    assert choose_base(azure.service, "en-GB", AUDIO).id == azure.base("charged", "en-GB").id
    with pytest.raises(SettingsError, match="no base model of xx-XX"):
        choose_base(azure.service, "xx-XX", AUDIO)


def test_a_pinned_base_is_taken(azure: Any) -> None:
    pinned = azure.base("uncharged").id
    assert choose_base(azure.service, "en-US", AUDIO, pinned=pinned).id == pinned


def test_a_pinned_base_that_cannot_be_taken(azure: Any) -> None:
    unknown = "11111111-2222-3333-4444-555555555555"
    old = azure.base("old 5")
    for pinned, said in (
        (unknown, f"azure.base_model: the service has no base model {unknown}; empty takes the newest"),
        (azure.base("uncharged", "en-GB").id, "is of en-GB, and language is en-US"),
        (old.id, f"{old.display_name}: it cannot be trained from since 20"),
        (azure.base("Whisper Large V2").id, "Whisper Large V2: its models cannot be hosted on an endpoint"),
    ):
        with pytest.raises(SettingsError) as raised:
            choose_base(azure.service, "en-US", AUDIO, pinned=pinned)
        assert said in str(raised.value) and str(raised.value).startswith("azure.base_model: ")
        assert "\n" not in str(raised.value)


def test_a_pinned_base_that_learns_less(azure: Any) -> None:
    pinned = azure.base("uncharged", "ar-EG")
    with pytest.raises(DataError, match=f"training_data: {pinned.display_name} does not learn from pronunciations;"):
        choose_base(azure.service, "ar-EG", AUDIO | WORDS, pinned=pinned.id)
    found = choose_base(azure.service, "ar-EG", AUDIO | WORDS, pinned=pinned.id, unsupported="drop")
    assert found.id == pinned.id
    with pytest.raises(DataError, match="does not learn from pronunciations"):
        choose_base(azure.service, "ar-EG", WORDS, pinned=pinned.id, unsupported="drop")


def test_what_is_charged(azure: Any) -> None:
    charged, free = azure.base("charged"), azure.base("uncharged")
    assert (is_charged(charged), is_charged(free)) == (True, False)
    assert is_charged(free.model_copy(update={"properties": None})), "nobody knows"
    assert is_charged(free.model_copy(update={"properties": ModelProperties()}))


def test_a_cheaper_one_is_known(azure: Any) -> None:
    assert uncharged(azure.service, "en-US", AUDIO | WORDS) == azure.base("uncharged").id
    assert uncharged(azure.service, "ar-EG", AUDIO | WORDS) == "", "none of it learns from pronunciations"
    expire_model(azure.emulator.state, {"model": azure.base("uncharged").id, "days": -1})
    assert uncharged(azure.service, "en-US", AUDIO) == ""
