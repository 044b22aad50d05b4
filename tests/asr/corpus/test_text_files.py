"""Text without recordings, as people bring it: what is used, what is left out, and why."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from asr.corpus import limits, pronunciation_checks, text_files
from asr.corpus.azure_checks import azure_limits
from asr.corpus.domain_text import DomainText
from asr.corpus.fingerprint import fingerprint_folder
from asr.corpus.limits import DEFAULT_LIMITS, Limits, local_limits
from asr.corpus.readers import plain_text
from asr.corpus.rules import Problem, Purpose
from asr.corpus.validate import CorpusReport, load_corpus
from asr.errors import DataError
from asr.models.abilities import read_abilities
from asr.text.pronunciation import Pronunciation

Pairs = Callable[[Path, dict[str, str]], Path]
Load = Callable[..., CorpusReport]


@pytest.fixture
def folder(tmp_path: Path, pairs: Pairs) -> Path:
    return pairs(tmp_path / "data", {"a": "turn left at the bridge"})


@pytest.fixture
def load(folder: Path, tmp_path: Path) -> Load:
    def load(purpose: Purpose = "training", limits: Limits = DEFAULT_LIMITS, **options: bool) -> CorpusReport:
        return load_corpus(folder, "x", work=tmp_path / "work", purpose=purpose, limits=limits, **options)

    return load


def write(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def text_of(report: CorpusReport) -> DomainText:
    assert report.draft.text is not None
    return report.draft.text


def told(report: CorpusReport) -> list[tuple[str, str, str, int | None]]:
    return [(one.rule, one.severity, one.file.name, one.line) for one in report.problems]


def only(report: CorpusReport) -> Problem:
    (one,) = report.problems
    return one


def test_lines_and_pronunciations_become_part_of_the_corpus(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", "take me to GoDrive\n\nGo to  Rolla\tSquare \n")
    write(folder, "more/Plain-Text.txt", "stop")
    write(folder, "pronunciation.txt", "bridge\t[[br'IdZ]]\nGoDrive\tgo drive\n")
    report = load(limits=local_limits(None, "basic", 0.0, "en"))

    assert report.problems == ()
    text = text_of(report)
    assert [(one.text, one.file, one.line) for one in text.read()] == [
        ("stop", folder / "more/Plain-Text.txt", 1),
        ("take me to GoDrive", folder / "plain_text.txt", 1),
        ("Go to Rolla Square", folder / "plain_text.txt", 3),
    ]
    assert (text.lines, text.words, text.left_out) == (3, 9, {})
    assert text.pronunciations == (Pronunciation("GoDrive", "go drive"), Pronunciation("bridge", "[[br'IdZ]]"))
    assert text.manifest.name == f"{text.fingerprint[:16]}.text.jsonl"
    assert not list(text.manifest.parent.glob("*.part"))
    assert report.draft.utterances == 1
    assert report.draft.model_validate_json(report.draft.model_dump_json()) == report.draft


def test_a_byte_order_mark_windows_line_ends_and_empty_lines_are_fine(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", b"\xef\xbb\xbf\r\ngo to rolla\r\n\r\n  \r\nturn left\r\n\r\n")
    write(folder, "pronunciation.txt", b"\xef\xbb\xbfRolla\traw la\r\n\r\n \t \r\nbridge\tbrij \r\n")
    report = load()

    assert report.problems == ()
    assert [(one.text, one.line) for one in text_of(report).stream()] == [("go to rolla", 2), ("turn left", 5)]
    assert [row.spoken for row in text_of(report).pronunciations] == ["raw la", "brij"]


def test_a_mark_before_the_first_written_form_is_not_part_of_it(folder: Path, load: Load) -> None:
    write(folder, "pronunciation.txt", b"\xef\xbb\xbfbridge\tbrij\r\n")

    assert text_of(load()).pronunciations == (Pronunciation("bridge", "brij"),)


def test_without_files_there_is_no_text_and_the_fingerprint_stays(folder: Path, load: Load) -> None:
    plain = load().draft
    write(folder, "plain_text.txt", "\n\n")
    empty = load().draft

    assert plain.text is None
    assert empty.text is not None and empty.text.lines == 0
    assert empty.fingerprint == plain.fingerprint


def test_the_fingerprint_follows_the_text_and_not_its_order_or_place(folder: Path, load: Load, tmp_path: Path) -> None:
    plain = load().draft.fingerprint
    write(folder, "plain_text.txt", "one line\nanother line\n")
    write(folder, "pronunciation.txt", "bridge\tbrij\nleft\tlift\n")
    first = load().draft
    write(folder, "plain_text.txt", "another line\r\none line\r\nsee www.godrive.ae\r\n")
    write(folder, "pronunciation.txt", "left\tlift\nbridge\tbrij\n")
    (folder / "sub").mkdir()
    shutil.move(folder / "plain_text.txt", folder / "sub" / "related-text.txt")
    moved = load().draft
    write(folder, "pronunciation.txt", "left\tlift\nbridge\tbrick\n")
    other = load().draft

    assert moved.fingerprint == first.fingerprint
    assert len({plain, first.fingerprint, other.fingerprint}) == 3
    assert fingerprint_folder(folder, work=tmp_path / "w", purpose="training") == other.fingerprint


def test_bad_lines_are_left_out_and_counted_by_rule(folder: Path, load: Load) -> None:
    lines = [
        "go to rolla",
        "see https://godrive.ae/x",
        "or www.godrive.ae",
        "write to me@godrive.ae",
        "well done 👍🏽 ❤️",
        "turn\x07left",
        "... !",
        "Go to Rolla.",
        "go " * 10_000,
        "x" * 601,
        "go on " * 30,
        "thank you " * 4,
    ]
    write(folder, "plain_text.txt", "\n".join(lines).encode() + b"\ncaf\xe9 of rolla\n")
    report = load()

    assert [one.text for one in text_of(report).stream()] == ["go to rolla"]
    assert text_of(report).left_out == {
        "control_characters": 1,
        "not_utf8": 1,
        "only_punctuation": 1,
        "repeated": 2,
        "text_address": 3,
        "text_emoji": 1,
        "text_too_long": 2,
        "text_twice": 1,
    }
    assert {one.severity for one in report.problems} == {"warning"}
    assert sorted(one.line or 0 for one in report.problems) == list(range(2, 14))
    assert report.corpus is not None
    assert all("left out" in one.message or "used once" in one.message for one in report.problems)


def test_what_the_model_cannot_write_is_left_out(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", "поверни налево\nturn left at 17\nit costs 5%\nTurn left, “now”!\nwell done 👍\n")
    report = load(limits=local_limits(read_abilities("embedded"), "english", 0.0, "en"))

    assert [one.text for one in text_of(report).stream()] == ["Turn left, “now”!"]
    assert text_of(report).left_out == {"digits": 1, "text_emoji": 1, "unwritable": 2}
    assert sorted(one.rule for one in report.problems) == ["digits", "digits", "text_emoji", "unwritable", "unwritable"]


def test_azure_takes_digits_but_no_typographic_quotes(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", "don’t turn\nturn left at 17\n")
    report = load(limits=azure_limits("en-US", "english", 0.0))

    assert [one.text for one in text_of(report).stream()] == ["turn left at 17"]
    assert text_of(report).left_out == {"azure_characters": 1}
    assert [one.rule for one in report.problems] == ["azure_characters", "digits"]


def test_a_line_longer_than_is_read_is_left_out(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", "x" * (3 << 20) + "\ngo to rolla\n")
    write(folder, "pronunciation.txt", "bridge\tbrij\n" + "y" * (3 << 20))
    report = load()

    assert told(report) == [
        ("text_too_long", "warning", "plain_text.txt", 1),
        ("pronunciation_too_long", "error", "pronunciation.txt", 2),
    ]
    assert text_of(report).lines == 1


def test_a_hundred_thousand_lines_are_taken_and_more_are_counted(
    folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "MOST_LINES", 100_000)  # of 200,000, for time
    write(folder, "plain_text.txt", "".join(f"line {number:x}\n" for number in range(100_000)))
    write(folder, "sub/plain_text.txt", "one more\n\nand one more\n")
    report = load()

    assert told(report) == [("too_much_text", "warning", "plain_text.txt", 1)]
    assert "2 lines from here on, for 100,000 were taken before" in only(report).message
    assert (text_of(report).lines, text_of(report).left_out) == (100_000, {"too_much_text": 2})


def test_a_file_beyond_all_bounds_is_not_read(folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_text, "LARGEST_TEXT", 10)
    write(folder, "plain_text.txt", "go to rolla\n")
    report = load()

    assert told(report) == [("too_much_text", "error", "plain_text.txt", None)]
    assert limits.LARGEST_TEXT == 200_000_000


def test_utf16_is_told_and_not_taken_for_an_empty_file(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", "go to rolla".encode("utf-16"))

    assert told(load()) == [("not_utf8", "error", "plain_text.txt", 1)]


def test_structured_text_is_expanded(folder: Path, load: Load) -> None:
    places = "".join(f"- place {number}\n" for number in range(60))
    write(folder, "structured_text.md", f"@ list p =\n{places}\n# x\n- from {{@p}} to {{@p}}\n- to {{@gone}}\n")
    report = load()

    assert told(report) == [
        ("structured_text", "warning", "structured_text.md", 65),
        ("structured_sample", "warning", "structured_text.md", None),
    ]
    assert "2,000 of 3,600 lines" in report.problems[1].message
    assert (text_of(report).lines, text_of(report).left_out) == (2000, {"structured_text": 1})
    assert {one.line for one in text_of(report).stream()} == {64}


@pytest.mark.parametrize(
    ("rows", "rule", "line", "says"),
    [
        ("bridge  brij", "pronunciation_tab", 1, "“bridge  brij” has spaces instead"),
        ("bridge", "pronunciation_tab", 1, "there is no TAB"),
        ("bridge\tbrij\tx", "pronunciation_tab", 1, "there are more TABs"),
        ("bridge\t", "pronunciation_empty", 1, "there is no spoken form"),
        ("\tbrij", "pronunciation_empty", 1, "there is no written form"),
        ("bridge\t?!", "pronunciation_empty", 1, "nothing is said by “?!”"),
        ("b" * 101 + "\tb", "pronunciation_too_long", 1, "101 characters in the written form, at most 100"),
        ("bridge\tbrij\nleft\tlift\nBRIDGE\tbrick", "pronunciation_conflict", 3, "pronunciation.txt:1"),
        ("bridge\t[[br'IdZ", "unknown_phonemes", 1, "do not belong together"),
        ("bridge\t[[br'Idz$]]", "unknown_phonemes", 1, "speaks only “br'Idz”"),
        ("bridge\tbri\x07j", "control_characters", 1, "U+0007"),
        (b"bridge\tbr\xff", "not_utf8", 1, ""),
    ],
    ids=range(12),
)
def test_a_bad_row_is_an_error_with_its_line(
    folder: Path, load: Load, rows: str | bytes, rule: str, line: int, says: str
) -> None:
    write(folder, "pronunciation.txt", rows)
    report = load(limits=local_limits(None, "basic", 0.0, "en"))
    (error,) = report.errors

    assert (error.rule, error.line, error.file) == (rule, line, folder / "pronunciation.txt")
    assert says in error.message
    assert report.corpus is None


def test_a_conflict_names_both_lines_in_two_files(folder: Path, load: Load) -> None:
    write(folder, "pronunciation.txt", "bridge\tbrij\n")
    write(folder, "sub/pronunciation.txt", "\nBridge\tbrick\n")
    (error,) = load().errors

    assert (error.file, error.line) == (folder / "sub/pronunciation.txt", 2)
    assert f"“Bridge” is “brick”, but “brij” in {folder}/pronunciation.txt:1" in error.message


def test_phonemes_differ_by_case_and_words_do_not(folder: Path, load: Load) -> None:
    write(folder, "pronunciation.txt", "bridge\t[[s]]\nbridge\t[[S]]\nleft\tlift\nleft\tLift\n")

    assert told(load()) == [
        ("pronunciation_conflict", "error", "pronunciation.txt", 2),
        ("pronunciation_twice", "warning", "pronunciation.txt", 4),
    ]


def test_phonemes_are_not_for_azure(folder: Path, load: Load) -> None:
    write(folder, "pronunciation.txt", "bridge\t[[br'IdZ]]\n")

    assert [one.rule for one in load(limits=azure_limits("en-US", "english", 0.0)).errors] == ["azure_phonemes"]
    assert load(limits=replace(azure_limits("en-US", "english", 0.0), phonemes=True)).errors == ()


def test_phonemes_of_a_language_that_espeak_does_not_speak(folder: Path, load: Load) -> None:
    write(folder, "pronunciation.txt", "left\tlift\nbridge\t[[br'IdZ]]\n")
    (error,) = load(limits=local_limits(None, "basic", 0.0, "xx")).errors

    assert (error.rule, error.line) == ("unknown_phonemes", 2)
    assert "does not speak the language `xx`" in error.message


def test_too_many_pronunciations_are_told_once(folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pronunciation_checks, "MOST_PRONUNCIATIONS", 3)
    write(folder, "plain_text.txt", "w0 w1 w2 w3 w4 w5")
    write(folder, "pronunciation.txt", "".join(f"w{number}\tx\n" for number in range(3)))
    assert load().problems == ()
    write(folder, "pronunciation.txt", "".join(f"w{number}\tx\n" for number in range(6)))

    assert told(load()) == [("too_many_pronunciations", "error", "pronunciation.txt", 4)]


def test_a_form_that_nobody_writes_is_a_warning(folder: Path, load: Load) -> None:
    write(folder, "plain_text.txt", "take me to GoDrive")
    write(folder, "pronunciation.txt", "godrive\tgo drive\nthe bridge\tx\ndrive\tdriv\nSharjah\tshar ja\n")

    assert [(one.rule, one.line) for one in load().problems] == [
        ("pronunciation_unused", 3),
        ("pronunciation_unused", 4),
    ]


def test_text_alone_is_a_corpus(tmp_path: Path) -> None:
    write(tmp_path / "text", "plain_text.txt", "take me to GoDrive\n")
    report = load_corpus(tmp_path / "text", "training", work=tmp_path / "work", purpose="training")

    assert report.problems == ()
    assert report.corpus is not None and report.corpus.text is not None
    assert (report.corpus.utterances, report.corpus.text.lines, report.corpus.read()) == (0, 1, [])


def test_text_that_cannot_be_used_is_not_a_corpus(tmp_path: Path) -> None:
    write(tmp_path / "text", "plain_text.txt", "\nsee www.godrive.ae\n")

    with pytest.raises(DataError, match=r"no line of text that can be used; the first is .*plain_text\.txt:2: ") as e:
        load_corpus(tmp_path / "text", "training", work=tmp_path / "work", purpose="training")
    assert "\n" not in str(e.value)


def test_text_is_no_testing_data(folder: Path, load: Load, tmp_path: Path) -> None:
    plain = load("testing").draft.fingerprint
    for name in ("plain_text.txt", "structured_text.md", "pronunciation.txt"):
        write(folder, name, "go to rolla\n")
    report = load("testing")

    assert {(rule, severity) for rule, severity, *_ in told(report)} == {("text_not_trained", "warning")}
    assert len(report.problems) == 3
    assert report.draft.text is None and report.draft.fingerprint == plain
    assert load(with_text=False).draft.text is None
    write(tmp_path / "only", "plain_text.txt", "go to rolla\n")
    with pytest.raises(DataError, match="no audio here"):
        load_corpus(tmp_path / "only", "testing", work=tmp_path / "work", purpose="testing")


def test_text_in_a_zip_file_is_named_in_messages(folder: Path, load: Load, tmp_path: Path) -> None:
    write(tmp_path / "may", "plain_text.txt", "go to rolla\nsee www.godrive.ae\n")
    shutil.make_archive(str(folder / "may"), "zip", tmp_path / "may")
    report = load()

    assert [one.file for one in text_of(report).stream()] == [folder / "may.zip" / "plain_text.txt"]
    assert (only(report).file, only(report).line) == (folder / "may.zip" / "plain_text.txt", 2)
