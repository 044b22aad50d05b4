"""A corpus becomes zip files for Azure that read back with the same texts and the same samples."""

import csv
import hashlib
import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
import soundfile

from asr.audio import AudioError, decode
from asr.corpus.utterance import Corpus, Utterance, write_manifest
from asr.corpus.writers import azure
from asr.corpus.writers.azure import write_azure
from asr.errors import DataError, SettingsError

Tone = Callable[..., Path]
Read = Callable[..., Corpus]
Manifest = Callable[..., Path]


@pytest.fixture
def manifest(tmp_path: Path, tone: Tone) -> Manifest:
    """Write a manifest of utterances, each with a tone of its own unless it brings its audio."""

    def write(*changes: dict[str, Any]) -> Path:
        utterances = []
        for number, change in enumerate(changes):
            audio = change.get("audio") or tone(tmp_path / "audio" / f"{number}.flac", hertz=200 + 20 * number)
            sha256 = hashlib.sha256(audio.read_bytes()).hexdigest()
            values: dict[str, Any] = {
                "id": f"{number}.flac",
                "audio": audio,
                "text": f"hello {number}",
                "duration": 1.0,
                "audio_sha256": sha256,
                "shown": Path(f"source/{number}.flac"),
            }
            utterances.append(Utterance(**values | change))
        write_manifest(utterances, tmp_path / "manifest.jsonl")
        return tmp_path / "manifest.jsonl"

    return write


def saw(path: Path) -> Path:
    """A sound of whole numbers, the same on every machine."""
    soundfile.write(path, (np.arange(16_000) % 100 * 100).astype(np.int16), 16_000)
    return path


def names_of(folder: Path) -> list[tuple[str, str, str]]:
    with (folder / "names.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["zip"], row["name"], row["id"]) for row in csv.DictReader(lines)]


def test_a_corpus_reads_back_with_the_same_texts_and_samples(tmp_path: Path, tone: Tone, read: Read) -> None:
    source = tmp_path / "source"
    tone(source / "calls" / "call.mp3", hertz=300, seconds=3.0, rate=44_100)
    tone(source / "a b.flac", hertz=400, rate=8000)
    tone(source / "ქუჩა" / "é.wav", hertz=500, rate=48_000)
    tone(source / "loud.wav", hertz=600, level=1.0)
    (source / "words.tsv").write_text(
        "audio\ttranscription\tstart\tduration\n"
        "calls/call.mp3\tone “two”\t0.25\t1.2345\n"
        "calls/call.mp3\tthree\t1.5\t\n"
        'a b.flac\tsays, "four"\t\t\n'
        "ქუჩა/é.wav\tქუჩა\t\t\n"
        "loud.wav\t=six\t\t\n",
        encoding="utf-8",
    )
    before = read(source)

    written = write_azure(before.manifest, tmp_path / "out", purpose="training")

    assert written.zips == ("audio-and-trans-001.zip",)
    assert (written.utterances, written.too_long, written.mended) == (5, 0, 0)
    archive = tmp_path / "out" / "audio-and-trans-001.zip"
    named = {name: id for _, name, id in names_of(tmp_path / "out")}
    heard = {named[one.id]: (one.text, one.samples_sha256) for one in read(archive).stream()}
    assert heard == {one.id: (one.text, one.samples_sha256) for one in before.stream()}
    assert read(tmp_path / "out").utterances == 5


def test_the_zip_is_as_azure_wants_it(manifest: Manifest, tmp_path: Path) -> None:
    write_azure(manifest({}, {"text": "ça “va”"}), tmp_path / "out", purpose="training")

    with ZipFile(tmp_path / "out" / "audio-and-trans-001.zip") as archive:
        assert archive.namelist() == ["0.wav", "1.wav", "trans.txt"]
        assert archive.read("trans.txt") == b"\xef\xbb\xbf" + "0.wav\thello 0\r\n1.wav\tça “va”\r\n".encode()
        assert {one.compress_type for one in archive.infolist()} == {ZIP_STORED}
        content = archive.read("0.wav")
    with wave.open(io.BytesIO(content)) as sound:
        assert sound.getparams()[:4] == (1, 2, 16_000, 16_000)
        pcm = np.frombuffer(sound.readframes(16_000), "<i2")
    assert np.array_equal(pcm, np.rint(decode(tmp_path / "audio" / "0.flac") * 32768).astype(np.int16))
    assert struct.unpack("<4sL", content[:8]) == (b"RIFF", len(content) - 8)


def test_the_same_corpus_makes_the_same_bytes(manifest: Manifest, tmp_path: Path) -> None:
    path = manifest({}, {}, {"audio": saw(tmp_path / "saw.wav")})
    for name in ("one", "other"):
        write_azure(path, tmp_path / name, purpose="testing")
    for file in ("audio-and-trans-001.zip", "names.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()
    # Were it to change, everything that people have uploaded would be uploaded again.
    write_azure(manifest({"audio": saw(tmp_path / "saw.wav")}), tmp_path / "saw", purpose="testing")
    made = hashlib.sha256((tmp_path / "saw" / "audio-and-trans-001.zip").read_bytes()).hexdigest()
    assert made[:16] == "ade27cbc03410f95"


@pytest.mark.parametrize(
    ("limit", "beyond", "filled"),
    [("LARGEST_ZIP", 0, [3, 2, 2]), ("LARGEST_ZIP", -1, [2, 2, 2, 1]), ("MOST_FILES", 0, [3, 3, 1])],
)
def test_what_does_not_fit_goes_into_the_next_zip(
    manifest: Manifest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read: Read,
    limit: str,
    beyond: int,
    filled: list[int],
) -> None:
    texts = [{"text": "ä" * number} for number in range(1, 8)]
    write_azure(manifest(*texts[:3]), tmp_path / "three", purpose="testing")
    three = (tmp_path / "three" / "audio-and-trans-001.zip").stat().st_size
    path = manifest(*texts)
    monkeypatch.setattr(azure, limit, {"LARGEST_ZIP": three, "MOST_FILES": 4}[limit] + beyond)

    written = write_azure(path, tmp_path / "out", purpose="testing")

    assert written.zips == tuple(f"audio-and-trans-{number + 1:03d}.zip" for number in range(len(filled)))
    assert [read(tmp_path / "out" / name).utterances for name in written.zips] == filled
    named = [zip for zip, _, _ in names_of(tmp_path / "out")]
    assert named == [name for name, count in zip(written.zips, filled, strict=True) for _ in range(count)]


def test_limits_of_azure() -> None:
    assert (azure.LARGEST_ZIP, azure.MOST_FILES) == (2_000_000_000, 10_000)
    assert azure.LONGEST == {"training": 40, "testing": 7200}


def test_too_long_for_training(manifest: Manifest, tmp_path: Path) -> None:
    path = manifest({}, {"duration": 40.1}, {"duration": 40.0}, {"duration": 50.0})
    with pytest.raises(DataError, match=r"^source/1\.flac and 1 more are longer than the 40 s that Azure takes; cut"):
        write_azure(path, tmp_path / "out", purpose="training")
    assert not (tmp_path / "out").exists()

    written = write_azure(path, tmp_path / "out", purpose="training", too_long="leave out")

    assert (written.utterances, written.seconds, written.too_long) == (2, 41.0, 2)
    assert [id for _, _, id in names_of(tmp_path / "out")] == ["0.flac", "2.flac"]
    assert write_azure(path, tmp_path / "test", purpose="testing").utterances == 4
    with pytest.raises(DataError, match=r"^source/0\.flac is longer than the 7200 s"):
        write_azure(manifest({"duration": 7201.0}), tmp_path / "none", purpose="testing", too_long="leave out")


def test_texts_that_would_break_the_line(manifest: Manifest, tmp_path: Path) -> None:
    texts = ["a\tb\u2028c", "\ufeffd\x00\ne ", "it’s", "f\x85"]

    written = write_azure(manifest(*({"text": text} for text in texts)), tmp_path / "out", purpose="testing")

    assert written.mended == 3
    with ZipFile(tmp_path / "out" / "audio-and-trans-001.zip") as archive:
        lines = archive.read("trans.txt").decode("utf-8-sig").split("\r\n")
    assert lines == ["0.wav\ta b c", "1.wav\td e", "2.wav\tit’s", "3.wav\tf", ""]
    with pytest.raises(DataError, match=r"^source/0\.flac: its transcript is empty"):
        write_azure(manifest({"text": "\x01"}), tmp_path / "none", purpose="testing")


def test_names_are_flat_and_given_once(manifest: Manifest, tmp_path: Path) -> None:
    ids = ["calls/a b.flac", "calls/a b.wav", "calls-a_b.mp3", "Calls-A_B.wav", "v1.2.wav", "x.wav@1.5+2.0", "é.wav"]
    ids += ["ü.wav", "ქუჩა/ბ.wav", f"{'y' * 200}.wav", f"{'y' * 200}.mp3", "may.zip/x.wav", "noend", "...wav"]
    utterances = [{"id": id, "start": 0.1 if "@" in id else None, "duration": 0.2} for id in ids]

    write_azure(manifest(*utterances), tmp_path / "out", purpose="testing")

    def digits(id: str) -> str:
        return hashlib.sha256(id.encode()).hexdigest()[:8]

    named = {id: name for _, name, id in names_of(tmp_path / "out")}
    assert list(named.values()) == [
        "calls-a_b.wav",
        f"calls-a_b-{digits('calls/a b.wav')}.wav",
        f"calls-a_b-{digits('calls-a_b.mp3')}.wav",
        f"Calls-A_B-{digits('Calls-A_B.wav')}.wav",
        "v1.2.wav",
        "x-1.5-2.0.wav",
        "_.wav",
        f"_-{digits('ü.wav')}.wav",
        "_-_.wav",
        f"{'y' * 91}-{digits(ids[9])}.wav",
        f"{'y' * 91}-{digits(ids[10])}.wav",
        "may.zip-x.wav",
        "noend.wav",
        "wav.wav",
    ]


def test_audio_that_has_changed(manifest: Manifest, tmp_path: Path, tone: Tone) -> None:
    path = manifest({}, {})
    tone(tmp_path / "audio" / "1.flac", hertz=500)
    with pytest.raises(DataError, match=r"^source/1\.flac: the audio changed"):
        write_azure(path, tmp_path / "out", purpose="testing")
    (tmp_path / "audio" / "1.flac").unlink()
    with pytest.raises(DataError, match=r"^source/1\.flac: the audio cannot be read"):
        write_azure(path, tmp_path / "out", purpose="testing")
    assert not list(tmp_path.glob("*out*"))


def test_what_is_no_audio(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("this is no audio")
    with pytest.raises(AudioError, match="cannot be decoded"):
        write_azure(manifest({}, {"audio": tmp_path / "x.wav"}), tmp_path / "out", purpose="testing")
    assert not list(tmp_path.glob("*out*"))


def test_nothing_and_nowhere_to_write(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no utterances"):
        write_azure(manifest(), tmp_path / "out", purpose="testing")
    with pytest.raises(SettingsError, match="not empty"):
        write_azure(manifest({}), tmp_path / "audio", purpose="testing")


def test_the_samples_of_azure_go_round(material: Path, tmp_path: Path, read: Read) -> None:
    source = material / "azure" / "samples" / "es-ES" / "training" / "audio-and-trans.zip"
    before = read(source)

    write_azure(before.manifest, tmp_path / "out", purpose="testing")

    after = read(tmp_path / "out" / "audio-and-trans-001.zip")
    assert [(one.id, one.text, one.samples_sha256) for one in after.stream()] == [
        (one.id, one.text, one.samples_sha256) for one in before.stream()
    ]
