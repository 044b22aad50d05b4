"""The locales of Azure Custom Speech: which there are, and with which kinds of data a model of each can be trained."""

import functools
import tomllib
from pathlib import Path
from typing import Literal

from asr.errors import SettingsError

Kind = Literal["Acoustic", "AudioFiles", "Language", "LanguageMarkdown", "OutputFormatting", "Pronunciation"]
"""The kind of a data set: audio with transcripts, audio alone, plain text, structured text, display format, and how
words are said."""

_TABLE = Path(__file__).with_name("locales.toml")


@functools.cache
def locales_of(kind: Kind) -> frozenset[str]:
    """The locales that take data of a kind."""
    return frozenset(_table()[kind])


def find_locale(language: str) -> str:
    """The locale that `language` means, in Azure's own spelling: `en-us` is `en-US`.

    Raises:
        SettingsError: it means none; the message names the nearest.
    """
    known = {locale.lower(): locale for locales in _table().values() for locale in locales}
    wanted = language.lower().replace("_", "-")
    if wanted in known:
        return known[wanted]
    same_language = sorted(locale for lower, locale in known.items() if lower.startswith(f"{wanted[:2]}-"))
    examples = ", ".join(same_language) or "en-US, de-DE or zh-CN"
    raise SettingsError(f"language is {language!r}; Azure Custom Speech wants a locale such as {examples}")


@functools.cache
def _table() -> dict[str, list[str]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
