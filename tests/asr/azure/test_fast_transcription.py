import io
import wave
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from asr.azure import fast_transcription
from asr.azure.azure_error import AzureError
from asr.azure.custom_speech import CustomSpeech
from asr.azure.fast_transcription import transcribe_fast
from asr.errors import DataError

HEARD = {"durationMilliseconds": 1000, "phrases": [], "combinedPhrases": [{"channel": 0, "text": "Hello, world."}]}


def recording(seconds: float = 1.0) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10" * int(8000 * seconds))
    return content.getvalue()


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / 'a "quoted"\r\nname.wav'
    path.write_bytes(recording())
    return path


def parts(asked: Any) -> dict[str, Any]:
    """The parts of a multipart body, read by somebody else."""
    message = message_from_bytes(b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n" + asked.body)
    return {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}  # type: ignore[union-attr]


def test_a_file_becomes_text(server: Any, service: CustomSpeech, reply: Any, wav: Path) -> None:
    server.replies(reply(200, HEARD))
    assert transcribe_fast(service, wav, "en-US") == "Hello, world."
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/speechtotext/transcriptions:transcribe")
    sent = parts(asked)
    assert sent["audio"].get_payload(decode=True) == wav.read_bytes()
    assert sent["audio"].get_filename() == "audio.wav", "the name of a file may break out of a header"
    assert sent["definition"].get_payload() == '{"locales": ["en-US"], "profanityFilterMode": "None"}'


def test_a_custom_model_is_named(server: Any, service: CustomSpeech, reply: Any, wav: Path) -> None:
    server.replies(reply(200, HEARD))
    transcribe_fast(service, wav, "de-DE", "https://x/models/1")
    definition = parts(server.asked[0])["definition"].get_payload()
    assert '"models": {"de-DE": "https://x/models/1"}' in definition


def test_channels_follow_one_another(server: Any, service: CustomSpeech, reply: Any, wav: Path) -> None:
    phrases = [{"channel": 1, "text": "two"}, {"channel": 0, "text": " one "}, {"channel": 2, "text": ""}]
    server.replies(reply(200, HEARD | {"combinedPhrases": phrases}))
    assert transcribe_fast(service, wav, "en-US") == "one two"


def test_faults_are_repeated(server: Any, service: CustomSpeech, reply: Any, wav: Path) -> None:
    server.replies(reply(429), reply(dropped=True), reply(503), reply(200, HEARD))
    assert transcribe_fast(service, wav, "en-US") == "Hello, world."
    assert len({one.body for one in server.asked}) == 1 and len(server.asked) == 4


@pytest.mark.parametrize("answer", [{}, [], b"", b"text", {"combinedPhrases": [{"channel": 0}]}])
def test_what_is_no_transcript(server: Any, service: CustomSpeech, reply: Any, wav: Path, answer: Any) -> None:
    server.replies(reply(200, answer))
    with pytest.raises(AzureError, match="the service answered something else than a transcript") as raised:
        transcribe_fast(service, wav, "en-US")
    assert raised.value.__context__ is None


def test_limits_are_checked_before_anything_is_sent(
    server: Any, service: CustomSpeech, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_transcription, "LARGEST", 16_044)
    with pytest.raises(DataError, match="fast transcription takes less than 0: cut it"):
        transcribe_fast(service, wav, "en-US")
    monkeypatch.setattr(fast_transcription, "LARGEST", 16_045)
    monkeypatch.setattr(fast_transcription, "LONGEST", 1.0)
    with pytest.raises(DataError, match="hours; fast transcription takes less than 2"):
        transcribe_fast(service, wav, "en-US")
    assert server.asked == []


@pytest.mark.parametrize("audio", [b"", b"no audio at all"], ids=["empty", "text"])
def test_what_is_no_recording_is_not_sent(server: Any, service: CustomSpeech, audio: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(audio)
    for one in (path, tmp_path / "missing.wav"):
        with pytest.raises(DataError):
            transcribe_fast(service, one, "en-US")
    assert server.asked == []
