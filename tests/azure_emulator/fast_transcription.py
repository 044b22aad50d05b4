"""Fast transcription: one recording, answered at once, in its display form."""

import io
import json
import wave
from typing import Any
from uuid import uuid4

from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.errors import JobFailed, Refusal, invalid
from tests.azure_emulator.fetching import fetch
from tests.azure_emulator.models import usable_model
from tests.azure_emulator.multipart import form_parts
from tests.azure_emulator.recognition_result import WORDS_OF_A_PHRASE, display, filtered
from tests.azure_emulator.state import State

MOST_BYTES = 250 * 1024**2
MOST_SECONDS = 2 * 3600


def transcribe(state: State, call: Call) -> Answer:
    """Transcriptions_Transcribe."""
    if state.options.tier == "F0":
        raise Refusal(
            "Forbidden", "Fast transcription needs a resource of the tier S0; this one is F0.", "SkuLimitsExist"
        )
    parts = form_parts(call.content_type, call.raw)
    definition = _definition(state, parts.get("definition", b"{}"))
    audio = _audio(state, parts.get("audio"), definition.get("audioUrl"))
    milliseconds = _milliseconds(audio)
    locale = str((definition.get("locales") or ["en-US"])[0])
    models = definition.get("models") or {}
    model = usable_model(state, models[locale], locale) if locale in models else state.default_base(locale)
    if not model.features.get("supportsTranscriptionsTranscribe"):
        raise invalid("The model does not support fast transcription.", "InvalidModel", "models")
    said = filtered(
        state.recognizer.transcribe(model.id, audio).split(), str(definition.get("profanityFilterMode", "Masked"))
    )
    parts_of_text = [said[start : start + WORDS_OF_A_PHRASE] for start in range(0, len(said), WORDS_OF_A_PHRASE)]
    phrases = []
    for number, words in enumerate(parts_of_text):
        start, end = (milliseconds * place // len(parts_of_text) for place in (number, number + 1))
        phrases.append(
            {
                "offsetMilliseconds": start,
                "durationMilliseconds": end - start,
                "text": display(" ".join(words)),
                "locale": locale,
                "confidence": 0.9,
            }
        )
    whole = " ".join(str(phrase["text"]) for phrase in phrases)
    return Answer({"durationMilliseconds": milliseconds, "combinedPhrases": [{"text": whole}], "phrases": phrases})


def _definition(state: State, written: bytes) -> dict[str, Any]:
    try:
        definition = json.loads(written)
    except ValueError:
        raise invalid("definition is not JSON.", "InvalidPayload", "definition") from None
    wrong = state.contract.wrong("TranscribeDefinition", definition) if state.contract else None
    if wrong or not isinstance(definition, dict):
        state.violated(f"Transcriptions_Transcribe: definition: {wrong}")
        raise invalid(f"definition is wrong: {wrong}.", "InvalidPayload", "definition")
    return definition


def _audio(state: State, sent: bytes | None, url: str | None) -> bytes:
    if (sent is None) == (url is None):
        raise invalid("Exactly one of audio and audioUrl is needed.", "InvalidPayload", "audio")
    if sent is not None:
        return sent
    path = state.store.content(f"{uuid4()}.audio")
    try:
        return fetch(str(url), path, MOST_BYTES).read_bytes()
    except JobFailed as failure:
        raise invalid(failure.message, "InvalidPayload", "audioUrl") from None
    finally:
        path.unlink(missing_ok=True)


def _milliseconds(audio: bytes) -> int:
    """The service takes many formats; the emulator takes WAV."""
    try:
        with wave.open(io.BytesIO(audio)) as wav:
            seconds: float = wav.getnframes() / wav.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):
        raise invalid("The audio is not a WAV file with PCM audio.", "InvalidAudioFormat", "audio") from None
    if not seconds:
        raise invalid("The audio file is empty.", "EmptyAudioFile", "audio")
    if seconds > MOST_SECONDS:
        raise invalid("The audio is longer than 2 hours.", "AudioLengthLimitExceeded", "audio")
    return round(1000 * seconds)
