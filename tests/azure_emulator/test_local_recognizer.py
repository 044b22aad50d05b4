"""A training with text lowers the WER on what the text is about, as it does at the service."""

import csv
import io
from itertools import islice
from pathlib import Path

import pytest
import soundfile

from asr.audio import SAMPLE_RATE, Samples, as_int16, decode, resample
from asr.base.general_speech import training_lines
from asr.scoring.alignment import edits
from tests.azure_emulator.local_recognizer import LocalRecognizer
from tests.azure_emulator.phrase_splitter import as_wav

pytestmark = pytest.mark.slow

DOMAIN, GUARD = "testing_data/sharjah", "testing_data/guards/general"


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> LocalRecognizer:
    """With two trained models: one from the texts of the domain, one from as many about anything else."""
    recognizer = LocalRecognizer(tmp_path_factory.mktemp("models"))
    recognizer.train("domain", [row["transcription"] for row in rows(repository / "training_data/sharjah")])
    recognizer.train("other", [line.text for line in islice(training_lines(seed=77), 256)])
    return recognizer


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def wav(samples: Samples) -> bytes:
    return as_wav(as_int16(samples))


def word_error_rate(recognizer: LocalRecognizer, model: str, folder: Path) -> float:
    texts = [row["transcription"] for row in rows(folder)]
    heard = recognizer.transcribe_all(model, [wav(decode(folder / row["file_name"])) for row in rows(folder)])
    pairs = [edits(text.split(), said.split()) for text, said in zip(texts, heard, strict=True)]
    wrong = sum(tag in ("replace", "delete", "insert") for pair in pairs for tag, _, _ in pair)
    return wrong / sum(len(text.split()) for text in texts)


def test_the_right_text_helps_and_a_wrong_one_does_not(recognizer: LocalRecognizer, repository: Path) -> None:
    base, right, wrong = (
        word_error_rate(recognizer, model, repository / DOMAIN) for model in ("a-base-model", "domain", "other")
    )
    assert base > 0.6
    assert right < 0.3
    assert right + 0.3 < wrong < base


def test_what_everybody_says_is_heard_no_worse(recognizer: LocalRecognizer, repository: Path) -> None:
    base, right = (word_error_rate(recognizer, model, repository / GUARD) for model in ("a-base-model", "domain"))
    assert right <= base < 0.2


@pytest.fixture
def place(repository: Path) -> Samples:
    """ "take me to al nahda this afternoon"."""
    return decode(repository / DOMAIN / "audio/00000.flac")


def test_one_by_one_it_hears_the_same(recognizer: LocalRecognizer, place: Samples) -> None:
    alone = recognizer.transcribe("domain", wav(place))
    assert alone.startswith("take me to al ") and alone.endswith(" this afternoon")
    assert recognizer.transcribe_all("domain", [wav(place[: SAMPLE_RATE // 2]), wav(place)])[1] == alone
    assert recognizer.transcribe_all("domain", []) == []


def test_a_restarted_one_still_knows(recognizer: LocalRecognizer, place: Samples, tmp_path: Path) -> None:
    LocalRecognizer(tmp_path).train("m-1", ["Take me to Al Nahda, this afternoon!"] * 50)
    (tmp_path / "m-2.part").mkdir()  # killed during a training
    again = LocalRecognizer(tmp_path)
    heard = again.transcribe("m-1", wav(place))
    assert heard == "take me to al nahda this afternoon" != recognizer.transcribe("a-base-model", wav(place))
    assert again.transcribe("m-2", wav(place)) == recognizer.transcribe("a-base-model", wav(place))
    again.train("m-2", [])
    again.forget("m-1")
    again.forget("m-1")
    assert again.transcribe("m-1", wav(place)) == recognizer.transcribe("a-base-model", wav(place))
    assert [path.name for path in tmp_path.iterdir()] == ["m-2"]


def test_8_khz(recognizer: LocalRecognizer, place: Samples) -> None:
    out = io.BytesIO()
    soundfile.write(out, resample(place, SAMPLE_RATE, 8_000), 8_000, format="WAV", subtype="PCM_16")
    assert "this afternoon" in recognizer.transcribe("domain", out.getvalue())


def test_an_id_is_no_path(recognizer: LocalRecognizer) -> None:
    for wrong in ("", "../outside", "a/b"):
        with pytest.raises(ValueError, match="is not the id of a model"):
            recognizer.train(wrong, ["text"])
