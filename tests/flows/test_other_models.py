"""The same loop with another family of models, and with recordings of real people."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from asr.models.checkpoint import fingerprint
from asr.scoring.hypothesis import read_table
from flows.improve import improve
from tasks.model_list import list_models
from tasks.registry import champion, registered
from tasks.transcribe import transcribe_files

pytestmark = pytest.mark.slow


@pytest.mark.long
def test_a_whisper_goes_through_the_loop(quick, whisper: Path, tmp_path: Path, speech: Path, aliases) -> None:
    """With a name in its text, which a beam search looks for."""
    training = shutil.copytree(speech / "training", tmp_path / "training")
    (training / "plain_text.txt").write_text("take me to Zorvanta now\n", encoding="utf-8")
    few = {"max_steps": 4, "evaluations": 1, "epochs": 1}
    settings = quick(tmp_path / "data", base=str(whisper), training_data=training, training=few, batch_size=8)
    result = improve(settings)
    assert result.outcome in ("promoted", "rejected", "inconclusive")
    assert result.baseline.model_fingerprint == fingerprint(whisper)
    assert result.candidate.model_fingerprint != fingerprint(whisper)
    assert result.candidate.words == result.baseline.words
    searches = {one.model: one.decoding for one in (result.candidate, *result.not_kept)}
    assert searches["candidate"] == "greedily"
    assert re.match(r"beam search for \d phrases", searches["candidate with text"])
    assert aliases(settings)["champion"] == (2 if result.outcome == "promoted" else 1)
    assert [line.base for line in list_models(settings)] == [str(whisper)] * 2

    candidate = registered(settings, 2)
    [transcript] = transcribe_files(settings, str(candidate.directory), [speech / "testing" / "audio" / "00000.flac"])
    heard = {row.id: row.hypothesis for row in read_table(result.candidate.table)}
    assert transcript.text == heard["audio/00000.flac"] != ""
    assert improve(settings).outcome == "unchanged"


def test_real_people_say_digits(quick, material: Path, tmp_path: Path) -> None:
    source = material / "speech" / "fsdd_digits"
    if not source.is_dir():
        pytest.skip(f"no {source}")
    with (source / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for split, folder, count in (("train", "training", 60), ("test", "testing", 30)):
        chosen = [row for row in rows if row["split"] == split]
        chosen = chosen[:: len(chosen) // count][:count]
        (tmp_path / folder / "recordings").mkdir(parents=True)
        with (tmp_path / folder / "metadata.csv").open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, rows[0])
            writer.writeheader()
            writer.writerows(chosen)
        for row in chosen:
            shutil.copy(source / row["file_name"], tmp_path / folder / row["file_name"])
    settings = quick(
        tmp_path / "data",
        training_data=tmp_path / "training",
        testing_data=tmp_path / "testing",
        training={"max_steps": 20, "batch_size": 16},
    )
    result = improve(settings)
    assert result.outcome in ("promoted", "rejected", "inconclusive")
    assert result.candidate.words == 30
    assert result.candidate.wer < result.baseline.wer, "twenty steps teach it something about digits"
    assert champion(settings) is not None
