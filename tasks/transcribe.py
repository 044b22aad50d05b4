"""What is said in files, by the champion or any other model."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.audio import SAMPLE_RATE, decode
from asr.azure.azure_model import is_azure_model
from asr.models.recognize import recognize
from asr.models.speech_model import load_speech_model
from asr.releases.directory import current
from tasks.azure.hear import transcribe_at_azure
from tasks.registry import CHAMPION, find_model
from tasks.settings import Settings


class Transcript(BaseModel):
    """The text of one file."""

    model_config = ConfigDict(frozen=True)

    file: Path
    text: str
    seconds: float
    """Length of the audio."""


def transcribe_files(settings: Settings, model: str, files: Sequence[Path]) -> list[Transcript]:
    """Transcribe files in the order given; `champion` is what was released last.

    Raises:
        AudioError: a file cannot be decoded; nothing is transcribed then.
        ModelError: there is no such model, nothing is released yet, or no endpoint has the model.
    """
    audio = [decode(file) for file in files]
    seconds = [len(samples) / SAMPLE_RATE for samples in audio]
    # The release itself answers, as it would where no registry can be reached.
    released = current(settings.data / "releases") if model == CHAMPION else None
    directory = released or find_model.fn(settings, model).directory
    if is_azure_model(directory):
        heard = transcribe_at_azure(settings, directory, files, audio)
        return [
            Transcript(file=file, text=text, seconds=length)
            for file, text, length in zip(files, heard, seconds, strict=True)
        ]
    speech = load_speech_model(str(directory), language=settings.language, name=model)
    batches = recognize(speech, seconds, lambda index: audio[index], batch_size=settings.batch_size)
    texts = dict(pair for batch in batches for pair in batch)
    return [Transcript(file=file, text=texts[at], seconds=seconds[at]) for at, file in enumerate(files)]
