"""The files of a corpus are written once, put away when the service has them, and written again for need."""

from collections.abc import Callable
from typing import Any

import pytest

import tasks.azure.parts
from asr.errors import DataError
from tasks.azure.parts import AUDIO, corpus_parts
from tasks.corpus import Corpora
from tasks.settings import Settings

Make = Callable[..., Corpora]
ALL: frozenset[Any] = frozenset({"Acoustic", "Language", "LanguageMarkdown", "Pronunciation"})


@pytest.fixture
def writings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The purposes that files were written for."""
    done: list[str] = []
    usual = tasks.azure.parts.write_parts

    def write(corpus: Any, folder: Any, locale: str, purpose: Any, kinds: Any) -> Any:
        done.append(purpose)
        return usual(corpus, folder, locale, purpose, kinds)

    monkeypatch.setattr(tasks.azure.parts, "write_parts", write)
    return done


def test_they_are_written_once(at_work: Settings, make_corpora: Make, writings: list[str]) -> None:
    corpora = make_corpora()
    one = corpus_parts(at_work, corpora.training, "training")
    assert corpus_parts(at_work, corpora.training, "training") == one
    assert writings == ["training"]
    corpus_parts(at_work, corpora.testing, "testing")
    corpus_parts(at_work, corpora.training, "training", AUDIO | {"Language"})
    corpus_parts(at_work.model_copy(update={"language": "en-GB"}), corpora.training, "training")
    assert writings == ["training", "testing", "training", "training"]


def test_put_away_they_are_known_and_written_again(at_work: Settings, make_corpora: Make, writings: list[str]) -> None:
    corpora = make_corpora(files={"plain_text.txt": "a line\n"})
    first = corpus_parts(at_work, corpora.training, "training", ALL)
    content = {part.file: first.parts.path(part).read_bytes() for part in first.parts.parts}
    names = first.parts.names()
    first.put_away()
    first.put_away()  # done already
    assert not any(first.parts.path(part).exists() for part in first.parts.parts)

    again = corpus_parts(at_work, corpora.training, "training", ALL)

    assert (again.parts, again.parts.names()) == (first.parts, names)
    assert writings == ["training"], "what is known of them is enough"
    assert {part.file: again.file(part)().read_bytes() for part in again.parts.parts} == content
    assert writings == ["training", "training"], "once for all of them"
    assert len(names) == 2 and sorted(content) == ["audio-and-trans-001.zip", "plain_text.txt"]


def test_audio_that_has_changed_is_not_uploaded(at_work: Settings, make_corpora: Make) -> None:
    corpora = make_corpora()
    parts = corpus_parts(at_work, corpora.training, "training")
    parts.put_away()
    (at_work.training_data / "one.flac").write_bytes((at_work.training_data / "two.flac").read_bytes())
    with pytest.raises(DataError, match=r"one\.flac"):
        parts.file(parts.parts.parts[0])()


def test_text_is_no_part_of_a_test(at_work: Settings, make_corpora: Make) -> None:
    corpora = make_corpora(files={"plain_text.txt": "a line\n"})
    as_test = corpus_parts(at_work, corpora.training, "testing", ALL)
    assert [part.kind for part in as_test.parts.parts] == ["Acoustic"]
