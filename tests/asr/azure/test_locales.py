import json
from pathlib import Path
from typing import get_args

import pytest

from asr.azure.locales import Kind, find_locale, locales_of, similar
from asr.errors import SettingsError


@pytest.mark.parametrize("written", ["en-US", "en-us", "EN_US"])
def test_a_locale_in_any_spelling(written: str) -> None:
    assert find_locale(written) == "en-US"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("en", "such as en-AU, en-CA, en-GB"),
        ("en_", "such as en-AU, en-CA, en-GB"),
        ("en-English", "such as en-AU, en-CA, en-GB"),
        ("english", "en-US"),
        ("", "en-US, de-DE or zh-CN"),
        ("rm", "en-US"),
        ("rm-CHE", "en-US"),
    ],
)
def test_no_locale(written: str, named: str) -> None:
    with pytest.raises(SettingsError, match=f"language is '{written}'; Azure .*{named}") as raised:
        find_locale(written)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "locale"),
    [
        ("rm-CH", "rm-CH"),
        ("QUZ_pe", "quz-PE"),
        ("ku-arab-iq", "ku-Arab-IQ"),
        ("eo-001", "eo-001"),
        ("en-jm", "en-JM"),
        ("fr_LU", "fr-LU"),
        ("sr-CYRL-rs", "sr-Cyrl-RS"),
        ("zh-CN-Gansu", "zh-CN-gansu"),
    ],
)
def test_a_locale_that_is_newer_than_the_table(written: str, locale: str) -> None:
    assert find_locale(written) == locale


def test_locales_of_the_same_language() -> None:
    assert similar("de-DE") == "de-AT, de-CH"
    assert similar("de-LU") == "de-AT, de-CH, de-DE"
    assert similar("rm-CH") == "en-US, de-DE or zh-CN"


def test_what_is_known_of_kinds() -> None:
    assert "en-US" in locales_of("Acoustic") & locales_of("AudioFiles") & locales_of("Pronunciation")
    assert "af-ZA" in locales_of("Language") - locales_of("Acoustic")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_table_is_that_of_the_documentation(kind: Kind, material: Path) -> None:
    published = material / "azure" / "locales_custom_speech_2026-04.json"
    if not published.is_file():
        pytest.skip(f"nothing at {published}")
    locales = json.loads(published.read_text(encoding="utf-8"))["locales"]

    assert locales_of(kind) == {locale for locale, kinds in locales.items() if kind in kinds}
