"""Every layout becomes an AudioFolder that reads back as the same corpus."""

import base64
import csv
import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from asr.corpus.columns import Columns
from asr.corpus.hub.reference import HubDataset, read_reference
from asr.corpus.readers.folder import read_folder
from asr.corpus.utterance import Corpus, Utterance, read_manifest, write_manifest
from asr.corpus.validate import format_problems, load_corpus
from asr.corpus.writers.audiofolder import write_audiofolder
from asr.errors import DataError, SettingsError, UserError

Tone = Callable[..., Path]
Read = Callable[..., Corpus]

TEXTS = ("turn left, please", 'she said "go"', "=1+1 is two", "شارع الرولة", "don’t – ever", "-5 degrees")
SAID = ("one", 'a "b"', "=1+1", "رولة", "– so", "-5 up")
"""In less than half a second."""
SEGMENTS = ((0.0, 0.7), (0.7, 1.25), (2.0, 0.5000625))
"""Seconds: where they start, and how long they are."""


def facts(number: int) -> dict[str, str]:
    return {"speaker": f"s{number % 2}", "language": "en", "source": "may, “3rd”", "slice": "" if number else "calls"}


def rows(audio: str, folder: str = "") -> list[dict[str, str]]:
    return [
        {audio: f"{folder}{number}.wav", "transcription": text, **facts(number)} for number, text in enumerate(TEXTS)
    ]


def sounds(folder: Path, tone: Tone, suffix: str = ".wav") -> None:
    for number in range(len(TEXTS)):
        tone(folder / f"{number}{suffix}", hertz=200 + 20 * number, rate=8000 if number % 2 else 16_000)


def pairs(at: Path, tone: Tone) -> None:
    names = ("a", "calls/b c", "calls/deep er/e\u0301te\u0301", "100%", "=f", "-g,h")
    suffixes = (".wav", ".flac", ".ogg", ".mp3", ".wav", ".aiff")
    for number, (name, suffix, text) in enumerate(zip(names, suffixes, TEXTS, strict=True)):
        tone(at / f"{name}{suffix}", hertz=200 + 20 * number)
        (at / f"{name}.txt").write_text(f"{text}\n", encoding="utf-8")


def one_folder_each(at: Path, tone: Tone) -> None:
    for number, text in enumerate(TEXTS):
        tone(at / str(number) / "audio.wav", hertz=200 + 20 * number)
        (at / str(number) / "transcript.txt").write_text(text, encoding="utf-8")


def metadata_csv(at: Path, tone: Tone) -> None:
    sounds(at / "here" / "audio", tone)
    write_csv(at / "here" / "metadata.csv", rows("file_name", "audio/"))


def metadata_jsonl(at: Path, tone: Tone) -> None:
    sounds(at, tone)
    write_jsonl(at / "metadata.jsonl", rows("file_name"))


def metadata_parquet(at: Path, tone: Tone) -> None:
    import pyarrow
    from pyarrow import parquet

    sounds(at, tone)
    parquet.write_table(pyarrow.Table.from_pylist(rows("file_name")), at / "metadata.parquet")


def table_csv(at: Path, tone: Tone) -> None:
    sounds(at / "audio", tone)
    write_csv(at / "words.csv", rows("audio"), delimiter=";")


def table_tsv(at: Path, tone: Tone) -> None:
    sounds(at / "audio", tone)
    lines = [rows("audio")[0].keys(), *(row.values() for row in rows("audio"))]
    (at / "words.tsv").write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def table_json(at: Path, tone: Tone) -> None:
    sounds(at / "audio", tone)
    (at / "words.json").write_text(json.dumps(rows("audio")), encoding="utf-8")


def table_jsonl(at: Path, tone: Tone) -> None:
    sounds(at / "audio", tone)
    write_jsonl(at / "words.jsonl", rows("audio"))


def table_of_segments(at: Path, tone: Tone) -> None:
    tone(at / "audio" / "call@1.wav", seconds=3.0, rate=44_100)
    tone(at / "audio" / "whole.wav", hertz=300)
    table = [{"audio": "call@1.wav", "start": str(start), "duration": str(seconds)} for start, seconds in SEGMENTS]
    table += [
        {"audio": "call@1.wav", "start": "2.6", "duration": ""},
        {"audio": "call@1.wav", "start": "2.8", "duration": "0.21"},  # a little more than there is
        {"audio": "whole.wav", "start": "", "duration": "1.0"},
    ]
    write_csv(at / "words.csv", [row | {"text": text} for row, text in zip(table, SAID, strict=True)])


def azure(at: Path, tone: Tone) -> None:
    sounds(at, tone)
    lines = [f"{number}{'' if number else '.wav'}\t{text}\r\n" for number, text in enumerate(TEXTS)]
    (at / "trans.txt").write_bytes(b"\xef\xbb\xbf" + "".join(lines).encode())


def kaldi(at: Path, tone: Tone) -> None:
    tone(at / "wav" / "call.flac", seconds=3.0)
    (at / "wav.scp").write_text("rec1 wav/call.flac\n")
    numbered = list(enumerate(SEGMENTS))
    (at / "segments").write_text("".join(f"utt{n} rec1 {start} {start + lasts}\n" for n, (start, lasts) in numbered))
    (at / "text").write_text("".join(f"utt{n} {SAID[n]}\n" for n, _ in numbered), encoding="utf-8")
    (at / "utt2spk").write_text("".join(f"utt{n} spk{n % 2}\n" for n, _ in numbered))


def nemo(at: Path, tone: Tone) -> None:
    tone(at / "wav" / "call.wav", seconds=3.0)
    tone(at / "wav" / "whole.wav", hertz=300)
    lines: list[dict[str, Any]] = [
        {"audio_filepath": "wav/call.wav", "offset": start, "duration": lasts, "text": text, "speaker": "s"}
        for (start, lasts), text in zip(SEGMENTS, SAID, strict=False)
    ]
    lines.append({"audio_filepath": "wav/whole.wav", "duration": 1.0, "text": SAID[3]})
    write_jsonl(at / "manifest.json", lines)


def lhotse(at: Path, tone: Tone) -> None:
    tone(at / "call.wav", seconds=3.0)
    recording = {
        "id": "rec1",
        "sources": [{"type": "file", "channels": [0], "source": "call.wav"}],
        "sampling_rate": 16_000,
        "num_samples": 48_000,
        "duration": 3.0,
    }
    supervisions = [
        {"id": f"s{n}", "recording_id": "rec1", "start": start, "duration": lasts, "text": SAID[n], "speaker": f" p{n}"}
        for n, (start, lasts) in enumerate(SEGMENTS)
    ]
    for name, objects in (("recordings", [recording]), ("supervisions", supervisions)):
        with gzip.open(at / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
            lines.writelines(json.dumps(one) + "\n" for one in objects)


def life(at: Path, tone: Tone) -> None:
    records = []
    for number, text in enumerate(TEXTS):
        sound = tone(at / "sound.wav", hertz=200 + 20 * number)
        encoded = base64.b64encode(sound.read_bytes()).decode()
        records.append({"audio": encoded, "transcription": text, "speaker": f"s{number}"})
        sound.unlink()
    (at / "export.json").write_text(json.dumps(records), encoding="utf-8")


def hub(at: Path, tone: Tone) -> None:
    """A reference file, and in `work` what was downloaded for it."""
    (at / "voices.hub.toml").write_text(f'dataset = "owner/name"\nrevision = "{"0" * 40}"\n')
    reference = read_reference(at / "voices.hub.toml", at / "voices.hub.toml")
    assert isinstance(reference, HubDataset)
    downloaded = at.parent / "work" / "unpacked" / "hub" / reference.fingerprint[:16]
    sounds(downloaded, tone, ".flac")
    named = [{"audio": f"{number}.flac", "name": f"cv_{number}.flac"} for number in range(len(TEXTS))]
    lines = [one | {"text": text} | facts(number) for number, (one, text) in enumerate(zip(named, TEXTS, strict=True))]
    write_jsonl(downloaded / "rows.jsonl", lines)


LAYOUTS = (
    pairs,
    one_folder_each,
    metadata_csv,
    metadata_jsonl,
    metadata_parquet,
    table_csv,
    table_tsv,
    table_json,
    table_jsonl,
    table_of_segments,
    azure,
    kaldi,
    nemo,
    lhotse,
    life,
)


def write_csv(path: Path, table: list[dict[str, str]], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, table[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(table)


def write_jsonl(path: Path, table: list[Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in table), encoding="utf-8")


def zip_folder(folder: Path, archive: Path) -> None:
    with ZipFile(archive, "w") as packed:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            packed.write(file, file.relative_to(folder).as_posix())
    shutil.rmtree(folder)


def same(before: Corpus, after: Corpus) -> None:
    """Both corpora are the same, in what they say and in what is heard."""
    assert after.fingerprint == before.fingerprint
    for one, other in zip(before.read(), after.read(), strict=True):
        assert (one.id, one.samples_sha256, one.duration) == (other.id, other.samples_sha256, other.duration)
        assert (one.start is None) == (other.start is None)


# A reference to the Hub is not read in an archive.
CASES = [(layout, "folder") for layout in (*LAYOUTS, hub)] + [(layout, "zip") for layout in LAYOUTS]


@pytest.mark.parametrize(("layout", "packed"), CASES, ids=lambda of: getattr(of, "__name__", of))
def test_every_layout_reads_back_the_same(
    layout: Callable[[Path, Tone], None], packed: str, tmp_path: Path, tone: Tone, read: Read
) -> None:
    source = tmp_path / "source"
    inner = source / "inner" if packed == "zip" else source
    inner.mkdir(parents=True)
    layout(inner, tone)
    if packed == "zip":
        zip_folder(inner, source / "may.zip")
    before = read(source)

    written = write_audiofolder(before.manifest, tmp_path / "out")

    after = read(tmp_path / "out")
    same(before, after)
    assert (written.utterances, written.seconds) == (before.utterances, pytest.approx(before.seconds))
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == written.audio_files + 1


def test_columns_with_names_of_their_own(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "source" / "call.wav", seconds=3.0)
    (tmp_path / "source" / "words.csv").write_text("audio,said,who,snr,from,for\ncall.wav,one,ann,12.5,0.5,1.5\n")
    columns = Columns(text="said", speaker="who", noise="snr", start="from", duration="for")

    def read(folder: Path) -> Corpus:
        report = load_corpus(folder, "x", work=tmp_path / "work", purpose="testing", columns=columns)
        assert report.corpus, format_problems(report.problems)
        return report.corpus

    before = read(tmp_path / "source")
    write_audiofolder(before.manifest, tmp_path / "out")

    same(before, read(tmp_path / "out"))
    assert [(one.speaker, one.noise, one.start) for one in before.stream()] == [("ann", 12.5, 0.5)]


def test_many_layouts_at_once(tmp_path: Path, tone: Tone, read: Read) -> None:
    for number, layout in enumerate((pairs, metadata_csv, table_of_segments, azure)):

        def other_tone(path: Path, hertz: float = 220.0, above: int = number, **rest: Any) -> Path:
            return tone(path, hertz=hertz + above, **rest)

        folder = tmp_path / "source" / layout.__name__
        folder.mkdir(parents=True)
        layout(folder, other_tone)
    before = read(tmp_path / "source")

    write_audiofolder(before.manifest, tmp_path / "out")

    same(before, read(tmp_path / "out"))
    assert before.utterances == 4 * len(TEXTS)


@pytest.mark.parametrize("name", [" first", "c:d", "a\nb", "a\\b", "\\b", "\r", "'\"", "~", "\x85x", "https:/x"])
def test_odd_names_survive(name: str, tmp_path: Path, tone: Tone, read: Read) -> None:
    tone(tmp_path / "source" / f"{name}.wav")
    (tmp_path / "source" / f"{name}.txt").write_text("hello")
    before = read(tmp_path / "source")

    write_audiofolder(before.manifest, tmp_path / "out")

    same(before, read(tmp_path / "out"))


def test_an_archive_becomes_a_folder_of_its_name(tmp_path: Path, tone: Tone, read: Read) -> None:
    table_csv_at = tmp_path / "source" / "inner"
    table_csv_at.mkdir(parents=True)
    table_csv(table_csv_at, tone)
    zip_folder(table_csv_at, tmp_path / "source" / "may.zip")

    write_audiofolder(read(tmp_path / "source").manifest, tmp_path / "out")

    assert (tmp_path / "out" / "may.zip" / "audio" / "3.wav").is_file()


# The table


@pytest.fixture
def manifest(tmp_path: Path, tone: Tone) -> Callable[..., Path]:
    """Write a manifest of utterances, each with a tone of its own unless it has the audio of another."""
    import hashlib

    def write(*changes: dict[str, Any]) -> Path:
        utterances = []
        for number, change in enumerate(changes):
            audio = change.get("audio") or tone(tmp_path / "audio" / f"{number}.wav", hertz=200 + 20 * number)
            sha256 = hashlib.sha256(audio.read_bytes()).hexdigest()
            values: dict[str, Any] = {
                "id": f"{number}.wav",
                "audio": audio,
                "text": "hello",
                "duration": 1.0,
                "audio_sha256": sha256,
                "shown": Path(f"source/{number}.wav"),
            }
            utterances.append(Utterance(**values | change))
        write_manifest(utterances, tmp_path / "manifest.jsonl")
        return tmp_path / "manifest.jsonl"

    return write


def table_of(folder: Path) -> list[list[str]]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_columns_that_are_empty_everywhere_are_left_out(manifest: Callable[..., Path], tmp_path: Path) -> None:
    write_audiofolder(manifest({}, {"slice": "calls"}), tmp_path / "out")

    assert table_of(tmp_path / "out") == [
        ["file_name", "transcription", "slice"],
        ["0.wav", "hello", ""],
        ["1.wav", "hello", "calls"],
    ]


def test_odd_texts_and_facts_survive(manifest: Callable[..., Path], tmp_path: Path) -> None:
    facts = {column: f'{column},"b"\n;c\rd\te\0' for column in ("speaker", "language", "source", "slice")}
    texts = ['"', "x" * 200_000, ",", "''", "\\n", "NA", "1e5"]
    path = manifest(*({"text": text, **facts} for text in texts))

    write_audiofolder(path, tmp_path / "out")

    with read_folder(tmp_path / "out", unpacked=tmp_path) as reading:
        found = list(reading.rows)
    assert [row.text for row in found] == texts
    assert [{column: getattr(row, column) for column in facts} for row in found] == [facts] * len(texts)


def test_segments_that_do_not_follow_each_other_share_their_file(
    manifest: Callable[..., Path], tmp_path: Path, tone: Tone
) -> None:
    call = tone(tmp_path / "call.wav", seconds=3.0)
    path = manifest(
        {"id": "call.wav@0.500+1.000", "audio": call, "start": 0.5},
        {},
        {"id": "call.wav@2.000", "audio": call, "start": 2.0},
    )

    written = write_audiofolder(path, tmp_path / "out")

    assert (written.utterances, written.audio_files) == (3, 2)
    assert table_of(tmp_path / "out") == [
        ["file_name", "transcription", "start", "duration"],
        ["call.wav", "hello", "0.5", "1.0"],
        ["1.wav", "hello", "", ""],
        ["call.wav", "hello", "2.0", ""],
    ]


# What is refused


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("metadata.csv", "an AudioFolder has its table under this name"),
        ("Metadata.csv/x.wav", "an AudioFolder has its table under this name"),
        ("..\\x.wav", "no table can hold this name"),
        ("x.wav ", "no table can hold this name"),
    ],
)
def test_names_that_would_not_be_found_again(
    manifest: Callable[..., Path], tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(DataError, match=f"^source/0.wav: {message}"):
        write_audiofolder(manifest({"id": name}), tmp_path / "out")
    nothing_is_left(tmp_path)


def test_two_files_of_one_name(manifest: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another file has the same name"):
        write_audiofolder(manifest({"id": "a.wav"}, {}, {"id": "a.wav"}), tmp_path / "out")
    nothing_is_left(tmp_path)


def test_audio_that_has_changed(manifest: Callable[..., Path], tmp_path: Path, tone: Tone) -> None:
    path = manifest({}, {})
    tone(tmp_path / "audio" / "1.wav", hertz=500)
    with pytest.raises(DataError, match=r"source/1\.wav: the audio changed"):
        write_audiofolder(path, tmp_path / "out")
    (tmp_path / "audio" / "1.wav").unlink()
    with pytest.raises(DataError, match=r"source/1\.wav: the audio cannot be read \(No such file"):
        write_audiofolder(path, tmp_path / "out")
    nothing_is_left(tmp_path)


def test_nothing_to_write(manifest: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no utterances"):
        write_audiofolder(manifest(), tmp_path / "out")
    nothing_is_left(tmp_path)


def test_only_an_empty_folder_is_written_to(manifest: Callable[..., Path], tmp_path: Path) -> None:
    path = manifest({})
    (tmp_path / "out").mkdir()
    write_audiofolder(path, tmp_path / "out")
    before = table_of(tmp_path / "out")
    with pytest.raises(SettingsError, match="the folder is not empty"):
        write_audiofolder(path, tmp_path / "out")
    assert table_of(tmp_path / "out") == before
    with pytest.raises(SettingsError, match="this is no folder"):
        write_audiofolder(path, path)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="this is no folder"):
        write_audiofolder(path, tmp_path / "link")


def test_a_folder_that_cannot_be_written(manifest: Callable[..., Path], tmp_path: Path) -> None:
    path = manifest({})
    with pytest.raises(UserError, match=r"/out: cannot be written \(Not a directory\); make room or choose"):
        write_audiofolder(path, path / "out")


KILLED = """
import os, sys
from pathlib import Path
from asr.corpus.writers import audiofolder

copy = audiofolder._copy
def once(one, place):
    if copied:
        os.kill(os.getpid(), 9)
    copied.append(place)
    return copy(one, place)
copied = []
audiofolder._copy = once
audiofolder.write_audiofolder(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_killed_writer_leaves_only_what_lies_aside(manifest: Callable[..., Path], tmp_path: Path) -> None:
    path = manifest({}, {})
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(tmp_path / "out")], check=False)

    assert killed.returncode == -9
    assert (tmp_path / ".out.part" / "0.wav").is_file()
    assert not (tmp_path / "out").exists()
    assert write_audiofolder(path, tmp_path / "out").utterances == len(read_manifest(path)) == 2
    assert not (tmp_path / ".out.part").exists()


def nothing_is_left(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} <= {"audio", "manifest.jsonl"}


# Others


def test_hugging_face_reads_it(tmp_path: Path, tone: Tone, read: Read) -> None:
    from datasets import Value, load_dataset

    (tmp_path / "source").mkdir()
    table_of_segments(tmp_path / "source", tone)
    before = read(tmp_path / "source")
    write_audiofolder(before.manifest, tmp_path / "out")

    found = load_dataset("audiofolder", data_dir=str(tmp_path / "out"), split="train", streaming=True)
    rows = list(found.cast_column("audio", Value("string")))

    assert [row["transcription"] for row in rows] == [one.text for one in before.stream()]
