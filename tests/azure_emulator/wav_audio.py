"""What Custom Speech takes as audio: RIFF WAV, PCM of 16 bits, one channel, 8 or 16 kHz."""

import io
import wave

RATES = (8_000, 16_000)


class WrongAudio(ValueError):
    """The audio is not as the service wants it; the message says why."""


def seconds_of(content: bytes) -> float:
    """How long a WAV is.

    Raises:
        WrongAudio: it is none, is empty or of another kind.
    """
    try:
        with wave.open(io.BytesIO(content)) as audio:
            channels, width, rate = audio.getnchannels(), audio.getsampwidth(), audio.getframerate()
            samples = len(audio.readframes(audio.getnframes())) // max(1, channels * width)
    except (wave.Error, EOFError) as error:
        raise WrongAudio(f"not a RIFF WAV file with PCM audio: {error or 'it ends too early'}") from None
    if width != 2:
        raise WrongAudio(f"{8 * width} bits a sample instead of 16")
    if channels != 1:
        raise WrongAudio(f"{channels} channels instead of 1")
    if rate not in RATES:
        raise WrongAudio(f"{rate} Hz instead of 8000 or 16000")
    if not samples:
        raise WrongAudio("it holds no audio")
    return float(samples / rate)
