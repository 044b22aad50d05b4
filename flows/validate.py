"""Every problem of the data, before anything is trained."""

from pathlib import Path

from prefect import flow

from asr.corpus.report import Overview
from tasks.corpus import validate_folders
from tasks.data_report import look_at, show
from tasks.settings import Settings


@flow(name="validate")
def validate(settings: Settings, folders: list[Path]) -> list[Overview]:
    """Check each folder, and what testing folders share with training folders; say what they hold, and what changed."""
    reports = validate_folders(settings, folders)
    overviews = look_at(settings, reports)
    show(overviews)
    return overviews
