"""What is uploaded of a corpus: the same corpus makes the same bytes, and each kind of data its own file."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure import parts as parts_module
from asr.azure.parts import DataFile, Parts, kinds_of
from asr.corpus.utterance import Corpus
from asr.errors import DataError

STRUCTURED = "@ list town =\n- oslo\n- bergen\n\n# Lines\n- go to {@town}\n"
EVERYTHING = {
    "plain_text.txt": "a line of the domain\n",
    "pronunciation.txt": "zebra\tzee bra\n",
    "structured_text.md": STRUCTURED,
}
ALL: frozenset[Any] = frozenset({"Acoustic", "Language", "LanguageMarkdown", "Pronunciation"})


def text_of(parts: Parts, kind: str) -> list[str]:
    """The lines of the only part of a kind, without the byte order mark that must be there."""
    [part] = [one for one in parts.parts if one.kind == kind]
    content = parts.path(part).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n"), "lines end as on Windows"
    return content.decode("utf-8-sig").splitlines()


def test_the_same_corpus_makes_the_same_bytes(write_corpus: Any, parts_of: Any) -> None:
    corpus = write_corpus(files=EVERYTHING)
    one, two = (parts_of(corpus, ALL, folder=folder) for folder in ("one", "two"))
    assert [part.kind for part in one.parts] == ["Acoustic", "Language", "Pronunciation", "LanguageMarkdown"]
    assert one.parts == two.parts
    assert [one.path(part).read_bytes() for part in one.parts] == [two.path(part).read_bytes() for part in two.parts]
    assert one.seconds == pytest.approx(corpus.seconds)


def test_a_part_is_known_by_content_kind_and_locale() -> None:
    part = DataFile(kind="Language", file="plain_text.txt", sha256="1" * 64, size=3, locale="en-US")
    assert part.model_copy(update={"file": "other.txt", "size": 4}).fingerprint == part.fingerprint
    for change in ({"kind": "LanguageMarkdown"}, {"locale": "en-GB"}, {"sha256": "2" * 64}):
        assert part.model_copy(update=change).fingerprint != part.fingerprint


def test_names_tell_which_utterance_each_file_is(write_corpus: Any, parts_of: Any) -> None:
    parts = parts_of(write_corpus(name="testing"))
    assert parts.names() == {"one.wav": "one.flac", "two.wav": "two.flac"}
    with zipfile.ZipFile(parts.path(parts.parts[0])) as archive:
        assert sorted(archive.namelist()) == ["one.wav", "trans.txt", "two.wav"]


def test_audio_that_is_too_long_leaves_its_text(write_corpus: Any, parts_of: Any) -> None:
    corpus = write_corpus(long={"one.flac": 40.5})
    parts = parts_of(corpus, ALL)
    assert (parts.too_long, list(parts.names())) == (1, ["two.wav"])
    assert text_of(parts, "Language") == ["the zebra went to the city"]
    assert parts.seconds < 10


def test_too_long_ones_in_a_base_that_learns_no_text_are_no_dataset(write_corpus: Any, parts_of: Any) -> None:
    parts = parts_of(write_corpus(long={"one.flac": 40.5}))
    assert [part.kind for part in parts.parts] == ["Acoustic"]
    assert sorted(path.name for path in parts.folder.iterdir()) == ["audio-and-trans-001.zip", "names.csv"]


def test_in_a_test_long_audio_stays(write_corpus: Any, parts_of: Any) -> None:
    parts = parts_of(write_corpus(name="testing", long={"one.flac": 40.5}))
    assert (parts.too_long, sorted(parts.names())) == (0, ["one.wav", "two.wav"])
    assert parts.seconds > 40


def test_without_audio_the_transcripts_are_text(write_corpus: Any, parts_of: Any) -> None:
    corpus = write_corpus(files={"plain_text.txt": "a line of the domain\n"})
    parts = parts_of(corpus, frozenset({"Language"}))
    assert text_of(parts, "Language") == [
        "a line of the domain",
        "the zebra went to the city",
        "we saw a pangolin by the water",
    ]
    assert ([part.kind for part in parts.parts], parts.seconds, parts.names()) == (["Language"], 0.0, {})


def test_structured_text_goes_as_it_is_or_as_plain_text(write_corpus: Any, parts_of: Any) -> None:
    corpus = write_corpus(files=EVERYTHING)
    kept = parts_of(corpus, ALL, folder="kept")
    assert text_of(kept, "LanguageMarkdown") == STRUCTURED.splitlines()
    assert text_of(kept, "Language") == ["a line of the domain"]
    plain = parts_of(corpus, ALL - {"LanguageMarkdown"}, folder="plain")
    assert text_of(plain, "Language") == ["a line of the domain", "go to oslo", "go to bergen"]
    assert "LanguageMarkdown" not in {part.kind for part in plain.parts}


def test_only_structured_text_leaves_no_empty_file(write_corpus: Any, parts_of: Any) -> None:
    parts = parts_of(write_corpus({}, files={"structured_text.md": STRUCTURED}), ALL)
    assert [part.file for part in parts.parts] == ["structured-001.md"]


def test_a_corpus_of_text_alone(write_corpus: Any, parts_of: Any) -> None:
    corpus = write_corpus({}, files={"plain_text.txt": "one line\nanother line\n"})
    assert kinds_of(corpus) == {"Language"}
    parts = parts_of(corpus, kinds_of(corpus))
    assert text_of(parts, "Language") == ["one line", "another line"]
    assert (parts.seconds, parts.names()) == (0.0, {})


def test_kinds_that_a_corpus_holds(write_corpus: Any) -> None:
    assert kinds_of(write_corpus(files=EVERYTHING)) == {"Acoustic", "Language", "Pronunciation"}


def test_nothing_that_the_base_learns_from(write_corpus: Any, parts_of: Any) -> None:
    corpus = write_corpus({}, files={"plain_text.txt": "one line\n"})
    with pytest.raises(DataError, match="training: nothing in it is of a kind that the base learns from; add audio"):
        parts_of(corpus, frozenset({"Pronunciation"}))


def test_a_megabyte_of_pronunciations_is_refused(write_corpus: Any, parts_of: Any) -> None:
    rows = "".join(f"word{number:05}\t{'say it so ' * 28}{number}\n" for number in range(3_600))
    corpus = write_corpus({}, files={"plain_text.txt": "one line\n", "pronunciation.txt": rows})
    with pytest.raises(DataError, match=r"pronunciation\.txt: 1,0\d\d,\d\d\d bytes, and .* takes 1,000,000") as raised:
        parts_of(corpus, ALL)
    assert "\n" not in str(raised.value)


def test_a_line_that_is_too_large_is_refused(write_corpus: Any, parts_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(parts_module._LARGEST, "Language", 10)
    with pytest.raises(DataError, match=r"plain_text-001\.txt: 13 bytes, and the service takes 10; make it shorter"):
        parts_of(write_corpus({}, files={"plain_text.txt": "one line\n"}), ALL)


def test_text_that_is_too_large_becomes_several_files(
    write_corpus: Any, parts_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus(files={"plain_text.txt": "one line\nanother line\na third line\n"}, long={"one.flac": 40.5})
    monkeypatch.setitem(parts_module._LARGEST, "Language", 40)
    parts = parts_of(corpus, ALL)
    texts = [one for one in parts.parts if one.kind == "Language"]
    assert [one.file for one in texts] == ["plain_text-001.txt", "plain_text-002.txt", "plain_text-003.txt"]
    assert [parts.path(one).read_text(encoding="utf-8-sig").splitlines() for one in texts] == [
        ["one line", "another line"],
        ["a third line"],
        ["the zebra went to the city"],  # the transcript of what is too long
    ]
    assert all(one.size <= 40 and parts.is_whole(one) for one in texts)
    assert len({one.fingerprint for one in parts.parts}) == 4


@pytest.mark.parametrize(("locale", "files"), [("ja-JP", 2), ("ko-KR", 2), ("jv-ID", 1)])
def test_japanese_and_korean_text_has_so_many_lines_a_file(
    locale: str, files: int, write_corpus: Any, parts_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "MOST_LINES", dict.fromkeys(parts_module.MOST_LINES, 3))
    corpus = write_corpus({}, files={"plain_text.txt": "\u4e00\n\u4e8c\n\u4e09\n\u56db\n"}, locale=locale)
    parts = parts_of(corpus, ALL, locale=locale)
    assert [one.kind for one in parts.parts] == ["Language"] * files
    assert "".join(parts.path(one).read_text(encoding="utf-8-sig") for one in parts.parts).split() == [
        "\u4e00", "\u4e8c", "\u4e09", "\u56db",
    ]  # fmt: skip


def test_what_lay_there_before_is_gone(write_corpus: Any, parts_of: Any, tmp_path: Path) -> None:
    corpus: Corpus = write_corpus()
    write: Callable[..., Parts] = parts_of
    before = write(corpus)
    (before.folder / "left-over.zip").write_bytes(b"half")
    assert write(corpus) == before
    assert not (before.folder / "left-over.zip").exists()


def test_until_all_is_written_nothing_is_there(
    write_corpus: Any, parts_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file that is found later would be taken for the whole."""
    corpus = write_corpus(files=EVERYTHING)
    folder = parts_of(corpus, ALL).folder
    usual, seen = parts_module.cut_text, []

    def cut(path: Path, *limits: Any) -> Any:
        seen.append((path.is_file(), folder.exists()))
        usual(path, *limits)
        raise KeyboardInterrupt

    monkeypatch.setattr(parts_module, "cut_text", cut)
    with pytest.raises(KeyboardInterrupt):
        parts_of(corpus, ALL)
    assert seen == [(True, False)]
    assert list(folder.parent.iterdir()) == [], "nothing is left of it"


def test_a_file_is_whole_to_the_byte(write_corpus: Any, parts_of: Any) -> None:
    parts = parts_of(write_corpus())
    [part] = parts.parts
    assert parts.is_whole(part)
    content = bytearray(parts.path(part).read_bytes())
    content[-1] ^= 1
    for other in (content, content[:-1], b""):
        parts.path(part).write_bytes(other)
        assert not parts.is_whole(part)
    parts.path(part).unlink()
    assert not parts.is_whole(part)
