import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import asr.models.side_by_side
from asr.corpus.validate import load_corpus
from asr.models.side_by_side import speeds_side_by_side
from asr.models.speech_model import load_speech_model


def test_models_take_turns_on_the_same_audio(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository / "testing_data" / "guards" / "general"
    corpus = load_corpus(folder, "general", work=tmp_path, purpose="testing").corpus
    assert corpus is not None
    speech = load_speech_model("embedded", device="cpu")
    real, heard = asr.models.side_by_side.recognize, []

    def slow_second(model: Any, durations: Any, read: Any, **options: Any) -> Iterator[Any]:
        heard.append((len(heard) % 2, tuple(durations)))
        if len(heard) % 2 == 0:
            time.sleep(0.5)
        yield from real(model, durations, read, **options)

    monkeypatch.setattr(asr.models.side_by_side, "recognize", slow_second)
    fast, slow = speeds_side_by_side([speech, speech], corpus, batch_size=8)
    assert slow < fast
    assert [which for which, _ in heard] == [0, 1] * 4, "they take turns"
    [durations] = {durations for _, durations in heard}
    assert 50 < sum(durations) <= 60
