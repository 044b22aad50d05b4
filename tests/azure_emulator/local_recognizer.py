"""Real recognition behind the emulator: the embedded base, with the text that a custom model learned in its search.

A training learns words and no sounds: it takes a second, and really lowers the WER on what the text is about.
"""

import io
import re
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from asr.audio import SAMPLE_RATE, Samples, resample
from asr.base.general_speech import training_lines
from asr.decoding.beam_search import Search
from asr.decoding.decoding import NgramDecoding, load_decoding, save_decoding
from asr.decoding.package import learn_text
from asr.models.recognize import recognize
from asr.models.speech_model import SpeechModel, load_speech_model
from tests.azure_emulator.recognizer import lexical_words

SEARCH = Search(weight=1.0, bonus=2.0)
"""How much the text counts: with this, and so much general text, the sample data is heard best on both of its sides."""
GENERAL_SENTENCES = 1_000
"""Everyday sentences that every model also knows, so that it does not hear its domain in all that is said."""

_TOGETHER = 32
"""Utterances in a batch."""


class LocalRecognizer:
    """A `Recognizer` whose base model is the embedded one; what custom models have learned is kept in `folder`.

    An id that nobody has trained is a base model. One recognition or training at a time; others wait.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._speech: SpeechModel | None = None
        self._learned: dict[str, NgramDecoding] = {}

    def train(self, model: str, texts: Sequence[str]) -> None:
        """Learn sentences; a model without any goes on as its base."""
        folder = self._folder_of(model)
        written = [" ".join(lexical_words(text)) for text in texts]
        general = (line.text for line in islice(training_lines(), GENERAL_SENTENCES))
        with self._lock:
            learned = learn_text(self._base(), [*filter(None, written), *general], (), (), "none")
            assert isinstance(learned, NgramDecoding)
            aside = folder.with_name(f"{model}.part")
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            save_decoding(replace(learned, search=SEARCH), aside)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
            self._learned.pop(model, None)

    def transcribe(self, model: str, wav: bytes) -> str:
        """The text of one WAV."""
        return self.transcribe_all(model, [wav])[0]

    def transcribe_all(self, model: str, wavs: Sequence[bytes]) -> list[str]:
        """The texts of many WAVs, in their order; on all cores."""
        sounds = [_samples(wav) for wav in wavs]
        texts = [""] * len(sounds)
        with self._lock:
            speech = replace(self._base(), decoding=self._search(model))
            seconds = [len(samples) / SAMPLE_RATE for samples in sounds]
            for batch in recognize(speech, seconds, lambda index: sounds[index], batch_size=_TOGETHER):
                for index, text in batch:
                    texts[index] = text
        return texts

    def forget(self, model: str) -> None:
        """What a model has learned is gone."""
        with self._lock:
            self._learned.pop(model, None)
            shutil.rmtree(self._folder_of(model), ignore_errors=True)

    def _base(self) -> SpeechModel:
        if self._speech is None:
            self._speech = load_speech_model("embedded", device="cpu")
        return self._speech

    def _search(self, model: str) -> NgramDecoding | None:
        if model not in self._learned:
            learned = load_decoding(self._folder_of(model), model)
            if not isinstance(learned, NgramDecoding):
                return None
            self._learned[model] = learned
        return self._learned[model]

    def _folder_of(self, model: str) -> Path:
        if not re.fullmatch(r"[\w-]{1,100}", model):
            raise ValueError(f"{model!r} is not the id of a model")
        return self._folder / model


def _samples(wav: bytes) -> Samples:
    """A WAV of any rate as 16 kHz mono."""
    import soundfile

    channels, rate = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    return resample(channels.mean(axis=1), rate)
