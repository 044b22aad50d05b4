"""Where an export of the LiFE App says what, for those whose projects name it otherwise."""

from pydantic import BaseModel, ConfigDict, Field


class LifeFields(BaseModel):
    """How the fields of a LiFE export are called; a dot leads into an object, as in `transcription.Latin`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio: str = Field(
        "audio", min_length=1, description="Field with the audio as base64, or with its file; else `audioFilename`."
    )
    text: str = Field("transcription", min_length=1, description="Field with the transcript, or with one per script.")
    speaker: str = Field("speaker", min_length=1, description="Field with who speaks; else `speakerId`.")
    language: str = Field("language", min_length=1, description="Field with the language.")
    source: str = Field(
        "additionalInfo.isSliceOf", min_length=1, description="Field with the recording that the audio was cut from."
    )
    slice: str = Field("slice", min_length=1, description="Field with the subset that it is reported under.")
    segments: str = Field(
        "textGrid.sentence", min_length=1, description="Field with the segments of a recording, which hold `text`."
    )
    start: str = Field("start", min_length=1, description="Field of a segment with the second where it begins.")
    end: str = Field("end", min_length=1, description="Field of a segment with the second where it ends.")


DEFAULT_LIFE_FIELDS = LifeFields()
EXTRA_FIELDS = ("speaker", "language", "source", "slice")
"""Fields that a record or a segment may have besides audio and transcript."""
