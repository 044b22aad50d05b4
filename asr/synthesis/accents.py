"""Which accents of a language espeak-ng speaks, as the files beside its library tell.

The files are described in https://github.com/espeak-ng/espeak-ng/blob/master/docs/voices.md: each of `lang/` is called
after one accent and has a line `language <tag> [<priority>]` for each tag that it answers to, 1 before 5 before 9.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from asr.errors import SettingsError

_LANGUAGE = re.compile(r"^language\s+(\S+)(?:\s+(\d+))?", re.MULTILINE)
_DICTIONARY = re.compile(r"^dictionary\s+(\S+)", re.MULTILINE)
_USUAL = 5  # the priority of a tag that names none
_SCRIPT = re.compile(r"-[a-z]{4}(-|$)")  # such as `cmn-latn-pinyin`: for texts in another writing


@dataclass(frozen=True)
class _Accent:
    name: str
    tags: tuple[tuple[str, int], ...]
    """Each with its priority, the accent's own first."""

    def priority(self, language: str) -> int | None:
        found = [priority for tag, priority in self.tags if tag == language or tag.startswith(f"{language}-")]
        return min(found, default=None)

    @property
    def family(self) -> str:
        """The language of its own tag: `yue` answers to `zh` too, but is another language than `cmn`."""
        return self.tags[0][0].partition("-")[0]


def find_accents(language: str) -> tuple[str, ...]:
    """The accents of a language, sorted, as the first part of a `Voice.name`.

    `language` is a code such as `en`, or a locale such as `en-US`: those of that country if there are any.

    Raises:
        SettingsError: espeak-ng does not speak it.
    """
    import espeakng_loader

    wanted = language.strip().lower().replace("_", "-")
    accents = _read_accents(Path(espeakng_loader.get_data_path()))
    names = _of_language(accents, wanted) or _of_language(accents, wanted.partition("-")[0])
    if not names:
        raise SettingsError(
            f"language: espeak-ng does not speak {language!r}; correct it, or give a text-to-speech checkpoint that "
            "does, such as facebook/mms-tts-eng for English"
        )
    return tuple(sorted(names))


def _of_language(accents: list[_Accent], language: str) -> list[str]:
    found = [(priority, one) for one in accents if (priority := one.priority(language)) is not None]
    in_its_writing = [one for one in found if not _SCRIPT.search(one[1].name)] or found
    if not language or not in_its_writing:
        return []
    _, best = min(in_its_writing, key=lambda one: (one[0], one[1].name))
    return [one.name for _, one in in_its_writing if one.family == best.family]


def _read_accents(data: Path) -> list[_Accent]:
    accents = []
    for path in (data / "lang").rglob("*"):
        if not path.is_file():
            continue
        content = path.read_text(encoding="utf-8", errors="replace")
        tags = [(tag.lower(), int(priority or _USUAL)) for tag, priority in _LANGUAGE.findall(content)]
        if not tags:
            continue
        # Some languages come without their dictionary, and without it they are not spoken.
        named = _DICTIONARY.search(content)
        dictionary = named[1] if named else tags[0][0].partition("-")[0]
        if (data / f"{dictionary}_dict").is_file():
            accents.append(_Accent(path.name.lower(), tuple(tags)))
    return accents
