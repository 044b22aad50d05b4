"""The files that are uploaded of a corpus: written once, put away when the service has them, written again for need."""

import hashlib
from collections.abc import Callable, Set
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.azure.locales import Kind, find_locale
from asr.azure.parts import LAYOUT, Part, Parts, write_parts
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus
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

    def file(self, part: Part) -> Callable[[], Path]:
        """Gives the file of a part."""

        def path() -> Path:
            if not self.parts.path(part).is_file():
                write_parts(self.corpus, self.parts.folder, self.locale, self.purpose, self.kinds)
            return self.parts.path(part)

        return path

    def put_away(self) -> None:
        """Remove the files, which the service has; what is known of them stays."""
        for part in self.parts.parts:
            self.parts.path(part).unlink(missing_ok=True)


def corpus_parts(settings: Settings, corpus: Corpus, purpose: Purpose, kinds: Set[Kind] = AUDIO) -> CorpusParts:
    """The files of a corpus, of these kinds of data.

    Raises:
        AudioError: some audio cannot be decoded any more.
        DataError: there is nothing of these kinds, or the service does not take it.
    """
    locale = find_locale(settings.language)
    text = corpus.text.fingerprint if corpus.text and purpose == "training" else ""
    content = "\0".join((LAYOUT, corpus.fingerprint, text, locale, purpose, *sorted(kinds)))
    folder = settings.data / "azure" / "parts" / hashlib.sha256(content.encode()).hexdigest()[:16]
    parts = once(folder, Parts, lambda: write_parts(corpus, folder / "files", locale, purpose, kinds))
    return CorpusParts(corpus=corpus, purpose=purpose, kinds=frozenset(kinds), locale=locale, parts=parts)
