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


@pytest.mark.parametrize("left", [b"", b"half"], ids=["empty", "half"])
def test_what_is_not_what_was_written_is_written_again(
    left: bytes, at_work: Settings, make_corpora: Make, writings: list[str]
) -> None:
    parts = corpus_parts(at_work, make_corpora().training, "training")
    [part] = parts.parts.parts
    content = parts.parts.path(part).read_bytes()
    parts.parts.path(part).write_bytes(left)
    assert parts.file(part)().read_bytes() == content
    parts.parts.path(part).write_bytes(content[:-1] + b"x")
    assert parts.file(part)().read_bytes() == content
    assert writings == ["training"] * 3


def test_text_that_has_changed_is_not_uploaded_and_the_next_run_writes_it_anew(
    at_work: Settings, make_corpora: Make, writings: list[str]
) -> None:
    corpora = make_corpora(files={"structured_text.md": "# Lines\n- go to oslo\n"})
    first = corpus_parts(at_work, corpora.training, "training", ALL)
    [text] = [part for part in first.parts.parts if part.kind == "LanguageMarkdown"]
    first.put_away()
    # another heading: the lines, and so the fingerprint of the corpus, are the same
    (at_work.training_data / "structured_text.md").write_text("# Towns\n- go to oslo\n")
    with pytest.raises(DataError) as raised:
        first.file(text)()
    assert str(raised.value) == (
        f"{at_work.training_data}: what structured-001.md is written from has changed since it was checked; run again"
    )
    again = corpus_parts(at_work, corpora.training, "training", ALL)
    [other] = [part for part in again.parts.parts if part.kind == "LanguageMarkdown"]
    assert other.fingerprint != text.fingerprint
    assert "# Towns" in again.file(other)().read_text(encoding="utf-8-sig")
    assert writings == ["training"] * 3


def test_to_be_known_they_need_not_stay(at_work: Settings, make_corpora: Make, writings: list[str]) -> None:
    corpora = make_corpora(files={"plain_text.txt": "a line\n"})
    known = corpus_parts(at_work, corpora.training, "training", ALL, keep=False)
    folder = at_work.data / "azure" / "parts"
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["names.csv", "result.json"]
    sent = corpus_parts(at_work, corpora.training, "training", ALL)
    assert (sent, sent.parts.names(), writings) == (known, known.parts.names(), ["training"])
    assert all(sent.parts.is_whole(part) for part in sent.parts.parts if sent.file(part)())
    assert corpus_parts(at_work, corpora.training, "training", ALL, keep=False) == sent
    assert all(sent.parts.is_whole(part) for part in sent.parts.parts), "what a run has written stays"


def test_a_model_of_another_locale_has_its_own(at_work: Settings, make_corpora: Make, writings: list[str]) -> None:
    corpora = make_corpora()
    ours = corpus_parts(at_work, corpora.testing, "testing")
    assert corpus_parts(at_work, corpora.testing, "testing", locale="en-US") == ours
    local = at_work.model_copy(update={"language": ""})
    assert corpus_parts(local, corpora.testing, "testing", locale="en-US") == ours
    other = corpus_parts(local, corpora.testing, "testing", locale="en-GB")
    assert [part.locale for part in other.parts.parts] == ["en-GB"]
    assert writings == ["testing", "testing"]


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
