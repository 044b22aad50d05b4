"""The names that a table's columns have, for those whose tables speak another language than Wergate's."""

from pydantic import BaseModel, ConfigDict, Field


class Columns(BaseModel):
    """How the columns of tables are called; names are compared in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio: str = Field("audio", min_length=1, description="Column with the name of the audio file.")
    text: str = Field("transcription", min_length=1, description="Column with the transcript.")
    speaker: str = Field("speaker", min_length=1, description="Column with who speaks.")
    language: str = Field("language", min_length=1, description="Column with the language.")
    source: str = Field("source", min_length=1, description="Column with the recording that the audio was cut from.")
    slice: str = Field("slice", min_length=1, description="Column with the subset that it is reported under.")
    noise: str = Field(
        "noise", min_length=1, description="Column with the signal-to-noise ratio in decibels, if known."
    )
    split: str = Field(
        "split", min_length=1, description="Column with train, dev or test: which utterances are held out, if given."
    )
    start: str = Field("start", min_length=1, description="Column with the second where a segment begins.")
    duration: str = Field("duration", min_length=1, description="Column with the seconds that a segment lasts.")


DEFAULT_COLUMNS = Columns()
EXTRA_COLUMNS = ("speaker", "language", "source", "slice", "noise", "split", "start", "duration")
"""Columns that a table may have besides audio and transcript; all others are left alone."""
