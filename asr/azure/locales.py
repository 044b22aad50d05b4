"""The locales of Azure Custom Speech: which there are, and with which kinds of data a model of each can be trained."""

import functools
import re
import tomllib
from pathlib import Path
from typing import Literal

from asr.errors import SettingsError

Kind = Literal["Acoustic", "AudioFiles", "Language", "LanguageMarkdown", "OutputFormatting", "Pronunciation"]
"""The kind of a data set: audio with transcripts, audio alone, plain text, structured text, display format, and how
words are said."""

_LOCALE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?-([a-z]{2}|[0-9]{3})((?:-[a-z0-9]{5,8})?)")
_TABLE = Path(__file__).with_name("locales.toml")


@functools.cache
def locales_of(kind: Kind) -> frozenset[str]:
    """The locales that take data of a kind."""
    return frozenset(_table()[kind])


def is_known(locale: str) -> bool:
    """Whether it was a locale of the service when the table was made."""
    return any(locale in locales for locales in _table().values())


def find_locale(language: str) -> str:
    """The locale that `language` means, in Azure's own spelling: `en-us` is `en-US`.

    One that is not known here is taken as it is: the service itself says whether it has it.

    Raises:
        SettingsError: it is none; the message names the nearest.
    """
    wanted = language.lower().replace("_", "-")
    known = {locale.lower(): locale for locale in _known()}
    if wanted in known:
        return known[wanted]
    if new := _LOCALE.fullmatch(wanted):  # language, script, region, variant: RFC 5646, 2.1
        return "-".join(filter(None, (new[1], (new[2] or "").title(), new[3].upper()))) + new[4]
    raise SettingsError(f"language is {language!r}; Azure Custom Speech wants a locale such as {similar(wanted)}")


def similar(language: str) -> str:
    """The locales of the same language, for a message; some others when none is known."""
    others = sorted(one for one in _known() if one.startswith(f"{language[:2].lower()}-") and one != language)
    return ", ".join(others) or "en-US, de-DE or zh-CN"


def _known() -> set[str]:
    return {locale for locales in _table().values() for locale in locales}


@functools.cache
def _table() -> dict[str, list[str]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
