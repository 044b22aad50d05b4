"""Every problem of the data, before anything is trained."""

from pathlib import Path

from prefect import flow

from asr.corpus.report import Overview
from tasks.corpus import validate_folders
from tasks.data_report import look_at, show
from tasks.doubts import listen_first
from tasks.settings import Settings


@flow(name="validate")
def validate(settings: Settings, folders: list[Path], listen: int = 0) -> list[Overview]:
    """Check each folder, and what testing folders share with training folders; say what they hold, and what changed.

    With `listen`, the champion hears it all, and as many transcripts that it disagrees with most are named.
    """
    reports = validate_folders(settings, folders)
    overviews = look_at(settings, reports)
    if listen:
        overviews = listen_first(settings, overviews, listen)
    show(overviews)
    return overviews
