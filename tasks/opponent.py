"""Whom the candidate has to beat: the champion when the run began, and whoever is released while it goes on."""

from collections.abc import Iterator
from pathlib import Path

from tasks.registry import CANDIDATE, COMPARED_WITH, Registered, champion, crown_base, registered
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.tracking import client


def opponents(settings: Settings, run: Record, base: Path) -> Iterator[Registered]:
    """The champion to compare with, and again the new one when asked for another.

    The choice is kept with the run in MLflow: a run that was killed after it made its candidate the champion would
    otherwise compare the candidate with itself.
    """
    tags = client(settings).get_run(run.id).data.tags
    opponent = champion(settings) or crown_base(settings, base)
    if tags.get(CANDIDATE) == str(opponent.version):
        opponent = registered(settings, int(tags[COMPARED_WITH]))
    while True:
        client(settings).set_tag(run.id, COMPARED_WITH, str(opponent.version))
        yield opponent
        opponent = champion(settings) or opponent
