"""One recording to text in one call, with no endpoint and no batch: the service's fast transcription."""

import json
import secrets
from pathlib import Path
from typing import Any

from asr.azure.azure_error import something_else
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Fields
from asr.errors import DataError

LARGEST = 250_000_000
"""Bytes of a recording; the service takes less than this."""
LONGEST = 2 * 3600.0
"""Seconds of a recording; the service takes less than this."""

_PATH = "transcriptions:transcribe"
_PATIENCE = 1800.0  # seconds for a call: hours of audio take minutes, and the service is silent meanwhile


class _Phrase(Fields):
    text: str
    channel: int = 0


class _Result(Fields):
    combined_phrases: tuple[_Phrase, ...]


def transcribe_fast(service: CustomSpeech, audio: Path, locale: str, model: str | None = None) -> str:
    """The text of a recording in display form: with capitals, punctuation and figures, so normalize it before WER.

    `audio`: a file of any usual format. `model`: the address (`self`) of a custom model that supports
    this, else the newest base model of the locale is used. Channels follow one another. Words that curse stay.

    Raises:
        DataError: the recording is too large, too long, empty or missing.
        AzureError: the service refuses, or cannot be reached.
    """
    data, name = _checked(audio)
    definition: dict[str, Any] = {"locales": [locale], "profanityFilterMode": "None"}
    if model:
        definition["models"] = {locale: model}
    border = f"wergate-{secrets.token_hex(16)}"
    head = (
        f'--{border}\r\nContent-Disposition: form-data; name="definition"\r\nContent-Type: application/json\r\n\r\n'
        f"{json.dumps(definition)}\r\n"
        f'--{border}\r\nContent-Disposition: form-data; name="audio"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n"
    )
    answer = service.connection.call(
        "POST",
        _PATH,
        content=(head.encode(), data, f"\r\n--{border}--\r\n".encode()),
        content_type=f"multipart/form-data; boundary={border}",
        deadline=_PATIENCE,
        silence=_PATIENCE,
        found=lambda: None,  # it makes nothing, so that it may be repeated
    )
    try:
        result = _Result.model_validate(answer.content)
    except ValueError:  # pydantic's is one; its text holds what was answered
        result = None
    if result is None:
        raise something_else("a transcript", doing=f"POST {_PATH}")
    ordered = sorted(result.combined_phrases, key=lambda phrase: phrase.channel)
    return " ".join(phrase.text.strip() for phrase in ordered if phrase.text.strip())


def _checked(audio: Path) -> tuple[bytes, str]:
    """The content of a recording within the limits, and a name for it that cannot break out of a header."""
    if audio.is_file():
        _refuse_size(audio)
    _refuse_duration(audio)
    suffix = audio.suffix.lower()
    return audio.read_bytes(), f"audio{suffix if suffix[1:].isalnum() and suffix.isascii() else ''}"


def _refuse_duration(path: Path) -> None:
    from asr.audio import duration

    if (seconds := duration(path)) >= LONGEST:
        raise DataError(f"{path}: {seconds / 3600:.1f} hours; fast transcription takes less than 2: cut it")


def _refuse_size(path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise DataError(f"{path}: it is empty; there is nothing to transcribe")
    if size >= LARGEST:
        raise DataError(
            f"{path}: {size / 1e6:,.0f} MB; fast transcription takes less than {LARGEST / 1e6:,.0f}: cut it"
        )
