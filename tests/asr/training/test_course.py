"""Some of the replayed speech is judged by, and never learned."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Utterance
from asr.training.course import Spoken, hold_out_replay, local_course

REPLAY = [Utterance(f"{number}", Path(f"{number}.wav"), "a word", 1.0, "") for number in range(100)]


@pytest.mark.parametrize(("wanted", "held"), [(0, 0), (1, 1), (7, 7), (10, 10), (50, 10)])
def test_as_many_as_asked_for_but_a_tenth_at_most(wanted: int, held: int, short: Any) -> None:
    learned, remembered = hold_out_replay(REPLAY, wanted, short(replay=1))
    assert len(remembered) == held
    assert sorted([*learned, *(replace(one, id=one.audio.stem) for one in remembered)], key=REPLAY.index) == REPLAY


def test_they_are_from_all_over(short: Any) -> None:
    _, remembered = hold_out_replay(REPLAY, 4, short(replay=1))
    assert [one.audio.stem for one in remembered] == ["0", "25", "50", "75"]


def test_without_replay_nothing_is_held_out(short: Any) -> None:
    assert hold_out_replay(REPLAY, 10, short(replay=0)) == (REPLAY, [])
    assert hold_out_replay(REPLAY[:9], 10, short(replay=1)) == (REPLAY[:9], [])
    assert hold_out_replay([], 10, short(replay=1)) == ([], [])


def test_a_step_is_judged_by_both(utterances: list[Utterance], parakeet: Path, load: Any, short: Any) -> None:
    replay = [replace(one, id=f"{copy}-{one.id}") for copy in range(5) for one in utterances]
    course = local_course(utterances[2:], utterances[:2], replay, load(parakeet), short(replay=2))
    held_out = course.dev[2:]
    assert course.dev[:2] == utterances[:2]
    assert [one.id for one in held_out] == ["replay/" + replay[0].id, "replay/" + replay[20].id]
    assert len({one.id for one in course.dev}) == 4
    assert len(course.examples) == 6 + 38
    learned = {one.id for one in course.examples.utterances}
    assert learned.isdisjoint(one.id.removeprefix("replay/") for one in held_out)


@pytest.mark.parametrize(("an_epoch", "taken"), [(0, 0), (30, 30), (100, 100), (300, 100)])
def test_a_stream_has_as_much_speech_from_text_as_an_epoch(an_epoch: int, taken: int) -> None:
    """Beside a stream all local utterances come in every epoch, not only those of its turn."""
    some = Spoken(REPLAY, an_epoch).of_an_epoch(seed=1)

    assert len({one.id for one in some}) == len(some) == taken
    assert some == Spoken(REPLAY, an_epoch).of_an_epoch(seed=1)
    assert {one.audio.stem for one in some} != {f"{number}" for number in range(30)}, "from all over"
