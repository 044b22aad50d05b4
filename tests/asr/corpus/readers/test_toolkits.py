"""The same utterances in the layout of each toolkit are the same corpus."""

import base64
import csv
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from asr.audio import duration
from asr.corpus.validate import load_corpus


class Said(NamedTuple):
    """What is said in a file, or between two seconds of it."""

    audio: str
    text: str
    speaker: str
    start: float | None = None
    end: float | None = None


def write_kaldi(folder: Path, said: list[Said]) -> None:
    recordings = {one.audio: f"rec-{number}" for number, one in enumerate(said)}
    lines = {"wav.scp": [], "segments": [], "text": [], "utt2spk": []}  # type: dict[str, list[str]]
    lines["wav.scp"] = [f"{identity} {audio}" for audio, identity in recordings.items()]
    for number, one in enumerate(said):
        utterance = f"{one.speaker}-{number:04d}"
        lines["segments"].append(f"{utterance} {recordings[one.audio]} {one.start or 0} {one.end or -1}")
        lines["text"].append(f"{utterance} {one.text}")
        lines["utt2spk"].append(f"{utterance} {one.speaker}")
    (folder / "data/train").mkdir(parents=True)
    for name, content in lines.items():
        (folder / "data/train" / name).write_text("\n".join(content) + "\n", encoding="utf-8")


def write_nemo(folder: Path, said: list[Said]) -> None:
    with (folder / "manifest.json").open("w", encoding="utf-8") as manifest:
        for one in said:
            end = one.end or duration(folder / one.audio)
            record = {
                "audio_filepath": one.audio,
                "duration": round(end - (one.start or 0), 3),
                "text": one.text,
                "speaker": one.speaker,
            }
            if one.start:
                record["offset"] = one.start
            manifest.write(json.dumps(record) + "\n")


def recordings_of(folder: Path, said: list[Said]) -> dict[str, dict[str, Any]]:
    return {
        one.audio: {
            "id": one.audio,
            "sources": [{"type": "file", "channels": [0], "source": one.audio}],
            "duration": duration(folder / one.audio),
        }
        for one in said
    }


def supervision(one: Said, recording: dict[str, Any], after: float = 0.0) -> dict[str, Any]:
    start, end = one.start or 0.0, one.end or recording["duration"]
    return {
        "id": one.text,
        "recording_id": recording["id"],
        "start": start - after,
        "duration": end - start,
        "text": one.text,
        "speaker": one.speaker,
    }


def write_gz(path: Path, objects: list[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(one) + "\n" for one in objects)


def write_lhotse(folder: Path, said: list[Said]) -> None:
    recordings = recordings_of(folder, said)
    write_gz(folder / "all_recordings.jsonl.gz", list(recordings.values()))
    write_gz(folder / "all_supervisions.jsonl.gz", [supervision(one, recordings[one.audio]) for one in said])


def write_cuts(folder: Path, said: list[Said]) -> None:
    cuts = []
    for one in said:
        recording = recordings_of(folder, [one])[one.audio]
        start = one.start or 0.0
        end = one.end or recording["duration"]
        cuts.append(
            {
                "id": one.text,
                "start": start,
                "duration": end - start,
                "supervisions": [supervision(one, recording, start)],
                "recording": recording,
                "type": "MonoCut",
            }
        )
    write_gz(folder / "cuts.jsonl.gz", cuts)


def write_life(folder: Path, said: list[Said]) -> None:
    records: list[dict[str, Any]] = []
    for one in said:
        path = folder / one.audio
        record: dict[str, Any] = {"audio": base64.b64encode(path.read_bytes()).decode(), "speaker": one.speaker}
        if one.start is None:
            record["transcription"] = one.text
        else:
            sentence = {"start": one.start, "end": one.end, "transcription": {"Latin": one.text, "IPA": ""}}
            record["textGrid"] = {"sentence": {"0": sentence}}
        records.append(record)
    (folder / "export.json").write_text(json.dumps(records, indent=1), encoding="utf-8")
    for one in said:
        (folder / one.audio).unlink(missing_ok=True)


LAYOUTS = (write_kaldi, write_nemo, write_lhotse, write_cuts, write_life)


def heard(folder: Path, work: Path, purpose: Any = "testing") -> list[tuple[str, str, float, str]]:
    report = load_corpus(folder, "testing", work=work, purpose=purpose)
    assert report.errors == ()
    return sorted((one.text, one.speaker, one.duration, one.samples_sha256) for one in report.draft.stream())


@pytest.mark.parametrize("write", LAYOUTS)
def test_each_layout_says_the_same(
    tmp_path: Path, tone: Callable[..., Path], write: Callable[[Path, list[Said]], None]
) -> None:
    folder = tmp_path / "corpus"
    for number, (suffix, rate) in enumerate([("wav", 8000), ("flac", 22_050), ("ogg", 16_000), ("wav", 44_100)]):
        tone(folder / f"wav/{number}.{suffix}", hertz=300 + 20 * number, seconds=1.5 + number / 10, rate=rate)
    said = [
        Said("wav/0.wav", "zero, with a comma", "ann"),
        Said("wav/1.flac", "eins zwei drei", "bob"),
        Said("wav/2.ogg", "दो तीन", "ann"),
        Said("wav/3.wav", "the first half", "cid", 0.1, 0.9),
        Said("wav/3.wav", "the second half", "cid", 0.9, 1.75),
    ]
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["audio", "transcription", "speaker", "start", "duration"])
        table.writerows(
            [one.audio, one.text, one.speaker, one.start, one.end and round(one.end - (one.start or 0), 3)]
            for one in said
        )
    expected = heard(folder, tmp_path / "work")
    (folder / "table.csv").unlink()

    write(folder, said)

    assert len(expected) == len(said)
    assert heard(folder, tmp_path / "work") == expected


@pytest.mark.parametrize("write", LAYOUTS)
@pytest.mark.parametrize(("corpus", "every"), [("fsdd_digits", 40), ("ljspeech", 4)])
def test_recordings_of_people_too(
    tmp_path: Path, material: Path, corpus: str, every: int, write: Callable[[Path, list[Said]], None]
) -> None:
    source, folder = material / "speech" / corpus, tmp_path / "corpus"
    if not source.is_dir():
        pytest.skip(f"no {corpus} in the test material")
    with (source / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::every]
    (folder / "wav").mkdir(parents=True)
    said = []
    for row in rows:
        name = f"wav/{Path(row['file_name']).name}"
        shutil.copy(source / row["file_name"], folder / name)
        (folder / name).with_suffix(".txt").write_text(row["transcription"], encoding="utf-8")
        said.append(Said(name, row["transcription"], row["speaker"]))
    expected = sorted((text, duration, sound) for text, _, duration, sound in heard(folder, tmp_path / "work"))
    for path in (folder / "wav").glob("*.txt"):
        path.unlink()

    write(folder, said)

    found = heard(folder, tmp_path / "work")
    assert sorted((text, duration, sound) for text, _, duration, sound in found) == expected
    assert {speaker for _, speaker, _, _ in found} == {row["speaker"] for row in rows}
