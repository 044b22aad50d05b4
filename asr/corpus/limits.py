"""What data is judged by: the numbers of the rules, and what the chosen backend and model ask of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asr.corpus.rule_table import Purpose, Severity
    from asr.models.abilities import Abilities

SHORTEST = 0.1
"""Seconds; anything shorter cannot hold a word."""
LONGEST = 30.0
"""Seconds; what Whisper hears at once, and far more than one utterance needs."""
SILENCE = 1e-3
"""Peak of the waveform around its mean, full scale is 1 (−60 dB): below it nobody speaks."""
CLIPPED_SHARE = 1e-3
"""Share of the samples at full scale from which a recording counts as clipped."""
OFFSET = 0.02
"""Mean of the waveform, full scale is 1 (−34 dB): speech has none, a broken sound card has."""
LOWEST_RATE = 16_000
"""Samples a second that models hear at; a recording with fewer lacks what is above half of its rate."""
FASTEST, FAST, FAST_FROM = 35.0, 25.0, 10
"""Characters a second that nobody speaks, that few do, and the characters of text from which the rate is judged."""
SLOW, SLOW_FROM = 1.0, 10.0
"""Characters a second below which hardly anything is said, and the seconds of audio from which that is judged."""
PHRASE, REPEATS, REPEATED = 6, 4, 8
"""Words of the longest phrase whose repeats are counted, how many repeats in a row are not said any more, and how many
words these have together: "no no no no" is said, eight times "no" is not, nor four times "thank you"."""

LONGEST_LINE, LONGEST_LINE_CHARACTERS = 60, 600
"""Words of one line of text, said in some twenty seconds, and characters, for writing without spaces."""
MOST_LINES, LARGEST_TEXT = 200_000, 200_000_000
"""Lines of text of a corpus that are looked at, and bytes of one file (as many as Azure takes)."""
MOST_PRONUNCIATIONS, LONGEST_WRITTEN, LONGEST_SPOKEN = 10_000, 100, 300
"""Rows of pronunciations of a corpus, and characters of their two sides."""


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest audio that is of use whole, and how bad a longer one is."""

    seconds: float
    severity: "Severity"
    mend: str = ""
    """What to do about it, when that is not what the rule says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the chosen backend, model and settings ask of data; the defaults ask what is asked of all data."""

    training: Longest = Longest(LONGEST, "error")
    testing: Longest = Longest(LONGEST, "warning")
    lowest_rate: int = LOWEST_RATE
    """Samples a second."""
    abilities: "Abilities | None" = None
    """What the model can write; None when that is not known here."""
    language: str = ""
    """What is spoken, such as `en`: phonemes of pronunciations are those of it; empty when they are not looked at."""
    phonemes: bool = True
    """Whether pronunciations may be phonemes."""
    normalizer: str = ""
    """The normalizer that errors are counted after; empty when nothing is counted."""
    locale: str = ""
    """The locale of Azure Custom Speech when that is to be used, such as `en-US`."""
    min_gain: float = 0.0
    """The share of word errors that must go, and that the test has to be able to show; 0 when that is not asked."""

    def longest(self, purpose: "Purpose") -> Longest:
        """The longest audio for a purpose."""
        return self.training if purpose == "training" else self.testing


DEFAULT_LIMITS = Limits()


def local_limits(abilities: "Abilities | None", normalizer: str, min_gain: float, language: str = "") -> Limits:
    """What a model of this machine asks, as far as it is known."""
    longest = (abilities and abilities.window) or LONGEST
    return Limits(
        training=Longest(longest, "error"),
        testing=Longest(longest, "warning"),
        abilities=abilities,
        language=language,
        normalizer=normalizer,
        min_gain=min_gain,
    )
