"""How a model's text is searched for with the help of other text: part of its package, released with its weights."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from asr.decoding.beam_search import Search
from asr.decoding.ngram import Ngram, NgramStates
from asr.errors import ModelError

RECIPE = "wergate_decoding.json"
"""The file in a model's directory that says how it is decoded; without it, greedily."""
NGRAM = "wergate_ngram.safetensors"
"""The n-gram beside it."""

MOST_PHRASES = 5_000
"""Phrases that a biased search can look for."""
LONGEST_PHRASE = 200
"""Characters of one of them."""

_MOST_MEMORY = 128 << 20
"""Bytes that the states of one thread may take before they are made anew."""


class _Fused(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["ngram"] = "ngram"
    version: Literal[1] = 1
    weight: float = Field(ge=0, le=10)
    bonus: float = Field(ge=-10, le=10)
    beams: int = Field(ge=1, le=100)
    tokens: int = Field(ge=1, le=100)


class Biasing(BaseModel):
    """Phrases that a sequence-to-sequence model shall rather write than what sounds alike."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["biasing"] = "biasing"
    version: Literal[1] = 1
    phrases: tuple[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PHRASE)], ...] = Field(
        min_length=1, max_length=MOST_PHRASES
    )
    bonus: float = Field(ge=0, le=100)
    """Added to the log probability of each token that goes on with a phrase; taken back when the phrase breaks off."""
    beams: int = Field(4, ge=1, le=64)
    prompt: bool = False
    """Whether the phrases are also told to the model as what was said before (Whisper)."""

    def __str__(self) -> str:
        told = ", and told before" if self.prompt else ""
        return f"beam search for {len(self.phrases):,} phrases (bonus {self.bonus:g}{told})"


@dataclass(frozen=True)
class NgramDecoding:
    """A beam search in which an n-gram of the domain's text has a say."""

    search: Search
    ngram: Ngram
    _of_thread: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    def states(self) -> NgramStates:
        """The n-gram's states, of this thread alone, for one search: the next one may get other states.

        They grow with all that was heard, a row of the vocabulary each; too many are forgotten.
        """
        found: NgramStates | None = getattr(self._of_thread, "states", None)
        if found is None or found.memory > _MOST_MEMORY:
            found = self._of_thread.states = NgramStates(self.ngram)
        return found

    def __str__(self) -> str:
        size = f"{self.ngram.order}-grams of {int(self.ngram.counts.sum()):,} tokens"
        return f"beam search with {size} (weight {self.search.weight:g}, bonus {self.search.bonus:g})"


Decoding = NgramDecoding | Biasing
_recipes: TypeAdapter[_Fused | Biasing] = TypeAdapter(_Fused | Biasing)


def save_decoding(decoding: Decoding, directory: Path) -> None:
    """Write how a model is decoded into its directory; the recipe comes last, so that it never stands alone."""
    from safetensors.numpy import save_file

    recipe: _Fused | Biasing
    if isinstance(decoding, NgramDecoding):
        search, ngram = decoding.search, decoding.ngram
        recipe = _Fused(weight=search.weight, bonus=search.bonus, beams=search.beams, tokens=search.tokens)
        shape = np.array([ngram.tokens, ngram.order])
        save_file({"keys": ngram.keys.view(np.int64), "counts": ngram.counts, "shape": shape}, directory / NGRAM)
    else:
        recipe = decoding
    (directory / RECIPE).write_text(recipe.model_dump_json(indent=1), encoding="utf-8")


def load_decoding(directory: Path, name: str) -> Decoding | None:
    """How the model in a directory is decoded; None when it is greedily.

    Raises:
        ModelError: the files that say it are damaged.
    """
    path = directory / RECIPE
    if not path.is_file():
        return None
    try:
        recipe = _recipes.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{name}: {path} is damaged; release the model again") from error
    if isinstance(recipe, Biasing):
        return recipe
    search = Search(recipe.weight, recipe.bonus, recipe.beams, recipe.tokens)
    return NgramDecoding(search, _load_ngram(directory / NGRAM, name))


def refuse_unfit(decoding: Decoding | None, name: str, *, is_ctc: bool, tokens: int) -> None:
    """Make sure that a search is one for this kind of model, and for a vocabulary of so many tokens.

    Raises:
        ModelError: it was made for another model.
    """
    if decoding is None:
        return
    if isinstance(decoding, NgramDecoding) != is_ctc:
        raise ModelError(f"{name}: {RECIPE} is for another kind of model; release the model again")
    if isinstance(decoding, NgramDecoding) and decoding.ngram.tokens != tokens:
        raise ModelError(
            f"{name}: {NGRAM} is for a model with {decoding.ngram.tokens:,} tokens, this one has {tokens:,}; release "
            "the model again"
        )


def _load_ngram(path: Path, name: str) -> Ngram:
    from safetensors.numpy import load_file

    try:
        arrays = load_file(path)
        keys, counts, (tokens, order) = arrays["keys"], arrays["counts"], map(int, arrays["shape"])
    except Exception as error:  # a missing or damaged file raises whatever safetensors meets
        raise ModelError(f"{name}: {path} is missing or damaged; release the model again") from error
    one_a_key = keys.ndim == 1 and keys.shape == counts.shape and keys.dtype == counts.dtype == np.int64
    fits = one_a_key and 0 < tokens < 1 << 31
    if not fits or not (ngram := Ngram(keys.view(np.uint64), counts, tokens, order)).is_whole:
        raise ModelError(f"{name}: {path} is damaged; release the model again")
    return ngram
