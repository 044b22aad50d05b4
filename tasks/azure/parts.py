"""The files that are uploaded of a corpus: written once, put away when the service has them, written again for need."""

import hashlib
import shutil
from collections.abc import Callable, Set
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.azure.locales import Kind, find_locale
from asr.azure.parts import LAYOUT, DataFile, Parts, write_parts
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus
from asr.errors import DataError
from tasks.settings import Settings
from tasks.steps import once

AUDIO: frozenset[Kind] = frozenset({"Acoustic"})


class CorpusParts(BaseModel):
    """The files of a corpus, and how they are written again."""

    model_config = ConfigDict(frozen=True)

    corpus: Corpus
    purpose: Purpose
    kinds: frozenset[Kind]
    locale: str
    parts: Parts

    def file(self, part: DataFile) -> Callable[[], Path]:
        """What gives the file of a part, whole: written again when it was put away, or is not what was written.

        That raises DataError when it cannot be written as it was any more, because its source has changed.
        """

        def path() -> Path:
            if not self.parts.is_whole(part):
                write_parts(self.corpus, self.parts.folder, self.locale, self.purpose, self.kinds)
            if not self.parts.is_whole(part):
                shutil.rmtree(self.parts.folder, ignore_errors=True)  # so that the next run writes and names them anew
                what = f"{self.corpus.folder}: what {part.file} is written from"
                raise DataError(f"{what} has changed since it was checked; run again")
            return self.parts.path(part)

        return path

    def put_away(self) -> None:
        """Remove the files, which the service has; what is known of them stays."""
        _remove(self.parts)


def corpus_parts(
    settings: Settings,
    corpus: Corpus,
    purpose: Purpose,
    kinds: Set[Kind] = AUDIO,
    *,
    locale: str = "",
    keep: bool = True,
) -> CorpusParts:
    """The files of a corpus, of these kinds of data, in a locale; empty is that of the settings.

    Without `keep`, files that have to be written to be known are removed at once, for they are as large as the corpus.

    Raises:
        AudioError: some audio cannot be decoded any more.
        DataError: there is nothing of these kinds, or the service does not take it.
    """
    locale = locale or find_locale(settings.language)
    text = corpus.text.fingerprint if corpus.text and purpose == "training" else ""
    content = "\0".join((LAYOUT, corpus.fingerprint, text, locale, purpose, *sorted(kinds)))
    folder = settings.data / "azure" / "parts" / hashlib.sha256(content.encode()).hexdigest()[:16]

    def write() -> Parts:
        parts = write_parts(corpus, folder / "files", locale, purpose, kinds)
        return parts if keep else _remove(parts)

    parts = once(folder, Parts, write)
    return CorpusParts(corpus=corpus, purpose=purpose, kinds=frozenset(kinds), locale=locale, parts=parts)


def _remove(parts: Parts) -> Parts:
    for part in parts.parts:
        parts.path(part).unlink(missing_ok=True)
    return parts
