import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.corpus.validate import format_problems, load_corpus
from asr.errors import DataError, UserError

Pairs = Callable[[Path, dict[str, str]], Path]


def test_a_good_folder_becomes_a_corpus(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"b": "hello there", "a/one": "good morning to you"})

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert report.problems == ()
    corpus = report.corpus
    assert corpus is not None
    assert (corpus.name, corpus.utterances, corpus.words, corpus.seconds, corpus.speakers) == ("training", 2, 6, 4.0, 0)
    assert corpus.manifest == tmp_path / "work" / f"{corpus.fingerprint[:16]}.jsonl"
    utterances = corpus.read()
    assert [one.id for one in utterances] == ["a/one.wav", "b.wav"]
    assert all(one.audio.is_absolute() and one.audio.is_file() and one.samples_sha256 for one in utterances)
    assert utterances[1].text == "hello there"


def test_a_relative_folder_is_shown_as_written_and_kept_absolute(
    tmp_path: Path, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs(tmp_path / "data", {"a": "hello"})
    monkeypatch.chdir(tmp_path)
    good = load_corpus(Path("data"), "x", work=Path("work"), purpose="training").corpus
    (tmp_path / "data/a.txt").write_text("")

    bad = load_corpus(Path("data"), "x", work=Path("work"), purpose="training")

    assert good is not None
    assert good.read()[0].audio == tmp_path / "data" / "a.wav"
    assert format_problems(bad.problems).startswith("data/a.txt: error[empty_text]: the transcript is empty: a.wav — ")


def test_every_problem_is_reported_and_there_is_no_corpus(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello", "b": "", "c": "?!", "d": "x" * 90})
    (folder / "e.wav").write_bytes(b"")
    (folder / "e.txt").write_text("empty")
    (folder / "lost.txt").write_text("lost")
    (folder / "metadata.csv").write_text("file_name,transcription\n../x.wav,one\ngone.wav,two\na.wav,other\n")
    shutil.copy(folder / "a.wav", folder / "alone.wav")

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert report.corpus is None
    assert {(one.rule, one.file.name, one.line) for one in report.errors} == {
        ("empty_text", "b.txt", None),
        ("only_punctuation", "c.txt", None),
        ("impossible_rate", "d.txt", None),
        ("empty_audio", "e.wav", None),
        ("orphan_transcript", "lost.txt", None),
        ("outside_folder", "metadata.csv", 2),
        ("missing_audio", "metadata.csv", 3),
        ("duplicate", "metadata.csv", 4),
    }
    assert [(one.rule, one.file.name) for one in report.warnings] == [("orphan_audio", "alone.wav")]
    assert not list((tmp_path / "work").glob("*.jsonl"))


def test_warnings_do_not_stop(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})
    shutil.copy(folder / "a.wav", folder / "b.wav")
    (folder / "b.txt").write_text("hello")

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert [one.rule for one in report.warnings] == ["duplicate"]
    assert report.corpus is not None and report.corpus.utterances == 2


def test_an_audio_listed_twice_is_one_utterance(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})
    (folder / "metadata.csv").write_text("file_name,transcription\na.wav,hello\n")

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert report.corpus is not None and report.corpus.utterances == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.write_text("a file"), "no such folder"),
        (lambda folder: folder.mkdir(), "no audio here"),
    ],
    ids=["missing", "a file", "empty"],
)
def test_nothing_to_use_is_one_line(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    make(tmp_path / "data")

    with pytest.raises(DataError, match=says) as caught:
        load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")
    assert "\n" not in str(caught.value)


def test_audio_without_any_transcript_is_told(tmp_path: Path, tone: Callable[..., Path]) -> None:
    tone(tmp_path / "data" / "a.wav")

    with pytest.raises(DataError, match="1 audio files but no transcript"):
        load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")


def test_guards_are_no_part_of_a_testing_corpus(tmp_path: Path, pairs: Pairs) -> None:
    pairs(tmp_path / "data", {"a": "hello"})
    pairs(tmp_path / "data" / "guards" / "general", {"g": "other", "h": "still other"})

    def count(folder: Path) -> int | None:
        corpus = load_corpus(folder, "testing", work=tmp_path / "work", purpose="testing").corpus
        return corpus and corpus.utterances

    assert count(tmp_path / "data") == 1
    assert count(tmp_path / "data" / "guards" / "general") == 2


def test_a_work_folder_that_cannot_be_written_is_one_line(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})
    (tmp_path / "work").write_text("a file in the way")

    with pytest.raises(UserError, match="cannot be written"):
        load_corpus(folder, "training", work=tmp_path / "work", purpose="training")


def test_real_digits_have_no_errors(tmp_path: Path, material: Path) -> None:
    digits = material / "speech" / "fsdd_digits"
    if not digits.is_dir():
        pytest.skip(f"no recordings at {digits}")
    (tmp_path / "some").mkdir()
    kept = (digits / "metadata.csv").read_text(encoding="utf-8").splitlines()[:301]
    (tmp_path / "some" / "metadata.csv").write_text("\n".join(kept), encoding="utf-8")
    (tmp_path / "some" / "recordings").mkdir()
    for line in kept[1:]:
        name = line.split(",")[0]
        shutil.copy(digits / name, tmp_path / "some" / name)

    for purpose in ("training", "testing"):
        report = load_corpus(tmp_path / "some", "digits", work=tmp_path / "work", purpose=purpose)
        assert report.problems == ()
        assert report.corpus is not None and report.corpus.utterances == 300
