"""Who recognizes speech behind the emulator: what it must be able to do, and a scripted stand-in that hears nothing."""

import hashlib
import io
import re
import threading
import wave
from collections.abc import Mapping, Sequence
from typing import Protocol

GENERAL_WORDS = frozenset(
    """a about after again all also am an and another any are around as ask at away back be because been before big
    book but by came can car city come could day did do does door down each eight end even every far few find first
    five for four from get give go good great had hand hard has have he hello help her here him his home house how i
    if in into is it its just keep know large last leave left let like line little live long look made make man many
    may me men more most mother move much must my name need never new next night nine no not now number of off old
    on once one only open or other our out over own page part people place please point put read red right road room
    run said same saw say school see seven she should side six small so some sound speak stand start still stop such
    take talk tell ten than that the their them then there these they thing think this those three through time to
    today together too town train tree turn two under until up us use very walk want was water way we week well went
    were what when where which while white who why will with word words work world would write year yes you
    your""".split()
)
"""English words that every base model knows."""


class Recognizer(Protocol):
    """Trains and recognizes; its methods are called from several threads."""

    def train(self, model: str, texts: Sequence[str]) -> None:
        """A custom model learns from sentences; returns when it has. Called again for a model after a restart."""

    def transcribe(self, model: str, wav: bytes) -> str:
        """The lexical text of a RIFF WAV of any length, by the id of a base or custom model."""

    def forget(self, model: str) -> None:
        """A custom model was deleted; an unknown one is no error."""


class ScriptedRecognizer:
    """Is told what was said, and gets every word wrong that its model was not trained on and is not general English.

    Deterministic: a wrong word is always the same wrong word. Audio that it was told nothing about is silence to it.
    """

    def __init__(self, truth: Mapping[str, str] | None = None) -> None:
        self._truth = dict(truth or {})
        self._words: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def tell(self, wav: bytes, text: str) -> None:
        """What was said in a WAV."""
        with self._lock:
            self._truth[sha256_of_samples(wav)] = text

    def train(self, model: str, texts: Sequence[str]) -> None:
        """The model knows the words of the texts from now on."""
        words = frozenset(word for text in texts for word in lexical_words(text))
        with self._lock:
            self._words[model] = words

    def transcribe(self, model: str, wav: bytes) -> str:
        """The truth, with the words that the model does not know made wrong."""
        with self._lock:
            truth = self._truth.get(sha256_of_samples(wav), "")
            known = self._words.get(model, frozenset())
        return " ".join(
            word if word in GENERAL_WORDS or word in known else wrong_word(word) for word in lexical_words(truth)
        )

    def forget(self, model: str) -> None:
        """Its words are gone."""
        with self._lock:
            self._words.pop(model, None)


def wrong_word(word: str) -> str:
    """What is heard instead of a word that a model does not know; never the word itself."""
    return f"{word[::-1]}oo"


def lexical_words(text: str) -> list[str]:
    """The words in lower case, without punctuation except apostrophes inside them."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())


def sha256_of_samples(wav: bytes) -> str:
    """The hexadecimal SHA-256 of the PCM samples of a RIFF WAV, or of all bytes if it is none."""
    try:
        with wave.open(io.BytesIO(wav)) as audio:
            content = audio.readframes(audio.getnframes())
    except (wave.Error, EOFError):
        content = wav
    return hashlib.sha256(content).hexdigest()
