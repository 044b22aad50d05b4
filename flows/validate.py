"""Every problem of the data, before anything is trained."""

from pathlib import Path

from prefect import flow

from asr.corpus.validate import CorpusReport
from tasks.corpus import validate_folders
from tasks.settings import Settings


@flow(name="validate")
def validate(settings: Settings, folders: list[Path]) -> list[CorpusReport]:
    """Check each folder, and what testing folders share with training folders."""
    return validate_folders(settings, folders)
