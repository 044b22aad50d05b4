"""What the settings ask of data, with and without the base on this machine."""

import logging
from pathlib import Path

import pytest

from asr.errors import ModelError, SettingsError
from asr.models.abilities import Abilities
from tasks.limits import limits_of
from tasks.load_settings import load_settings
from tasks.settings import Settings


def test_the_embedded_base_is_always_there() -> None:
    limits = limits_of(Settings(normalizer="english", min_gain=0.1))

    assert isinstance(limits.abilities, Abilities) and "a" in (limits.abilities.characters or "")
    assert (limits.normalizer, limits.min_gain, limits.locale) == ("english", 0.1, "")
    assert (limits.language, limits.phonemes) == ("en", True)


def test_the_base_is_told_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def refuse(model: str, **told: str) -> Abilities:
        asked.append({"model": model, **told})
        raise ModelError("not today")

    monkeypatch.setattr("tasks.limits.read_abilities", refuse)
    limits_of(Settings(base="o/n", base_revision="v2", language="de-AT"))

    assert asked == [{"model": "o/n", "revision": "v2", "language": "de-AT"}]


@pytest.mark.parametrize("base", ["openai/whisper-small", "/no/such/directory"])
def test_a_base_that_is_not_here_is_told(base: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tasks"):
        limits = limits_of(Settings(base=base))

    assert limits.abilities is None
    assert limits.longest("training").seconds == 30
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "what the base cannot hear or write is not looked for"
    ]


def test_azure_has_limits_of_its_own() -> None:
    limits = limits_of(Settings(backend="azure", language="de_de", base="openai/whisper-small"))

    assert (limits.locale, limits.longest("training").seconds, limits.abilities) == ("de-DE", 40, None)


def test_azure_wants_a_locale(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^language is 'en'; Azure .* such as en-AU") as raised:
        load_settings(None, {"backend": "azure"}, {}, tmp_path)
    assert "\n" not in str(raised.value)
    assert load_settings(None, {"language": "en-US"}, {}, tmp_path).language == "en-US"
