"""What the user's own text says, and which of its words are the domain's own."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from asr.base.general_speech import training_lines
from asr.models.checkpoint import EMBEDDED
from asr.scoring.domain_recall import domain_words
from asr.text.normalizers import normalizer
from tasks.corpus import Corpora
from tasks.settings import Settings

_GENERAL_SENTENCES = 3000
"""Of those that the embedded base learned: always the same, so that domain words are the same in every run."""


def text_lines(corpora: Corpora) -> Iterator[str]:
    """The lines of the user's text files."""
    text = corpora.training.text
    return (line.text for line in text.stream()) if text else iter(())


def pronounced(corpora: Corpora) -> Iterator[str]:
    """What has a row in pronunciation.txt."""
    text = corpora.training.text
    return (row.written for row in text.pronunciations) if text else iter(())


def names_of_domain(settings: Settings, corpora: Corpora, sentences: Iterable[str] = ()) -> frozenset[str]:
    """The normalized words of the text, and of `sentences`, that general speech does not say."""
    own, general = chain(text_lines(corpora), sentences), _general_texts(settings, corpora)
    return domain_words(own, pronounced(corpora), general, normalizer(settings.normalizer))


def _general_texts(settings: Settings, corpora: Corpora) -> Iterator[str]:
    """What general speech says: the guard sets, what is replayed, and for English what the embedded base learned."""
    general = [*corpora.guards, *([corpora.replay] if corpora.replay else [])]
    yield from (one.text for corpus in general for one in corpus.stream())
    if settings.base == EMBEDDED or settings.language.partition("-")[0] == "en":
        yield from (line.text for line in islice(training_lines(), _GENERAL_SENTENCES))
