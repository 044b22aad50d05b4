"""Let the champion hear the data, and name the transcripts that it disagrees with most."""

from collections.abc import Sequence
from dataclasses import replace

from prefect import task

from asr.corpus.report import Overview
from asr.scoring.doubts import Doubt, doubts
from asr.scoring.hypothesis import read_table
from tasks.evaluate import evaluate_model
from tasks.registry import find_model
from tasks.settings import Settings


@task(name="listen first")
def listen_first(settings: Settings, overviews: Sequence[Overview], most: int) -> list[Overview]:
    """Each overview with the `most` utterances that a person should listen to first.

    Raises:
        ModelError: there is no champion yet.
    """
    champion = find_model(settings, "champion")
    heard = []
    for overview in overviews:
        found: tuple[Doubt, ...] = ()
        if overview.report.draft.utterances:
            evaluation = evaluate_model(settings, champion, overview.report.draft)
            found = doubts(read_table(evaluation.table), most)
        heard.append(replace(overview, doubts=found))
    return heard
