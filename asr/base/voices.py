"""Who speaks: the voices of the embedded base's training, and the other voices of the sample domain.

Nobody who speaks in the sample's testing data was heard in any training.
Left out are variants that whisper or croak, and two (Reed, caleb) that espeak-ng does not speak reproducibly.
"""

from random import Random

from asr.synthesis.espeak import Voice

ACCENTS = ("en-us", "en-us", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan")

GENERAL = (
    "m1 m2 m3 m4 m5 m7 f1 f2 f3 f4 Alex Alicia Andy Annie Gene Hugo Jacky Lee Marco Mario Michael adam aunty belinda "
    "benjamin david ed edward iven john klatt linda max miguel paul rob sandro shelby steph2 victor"
).split()
"""Variants that the embedded base was trained with."""

SHARJAH_TRAINING = ("m6", "f5", "Denis", "anika", "boris", "michel", "quincy", "zac", *GENERAL[:32:2])
"""Eight that are new and sixteen that the base knows, as among the first callers of a service."""
GUARD = GENERAL[1::2]
"""Known to the base, and not in the domain's training."""
SHARJAH_TESTING = ("m8", "Andrea", "Mike", "antonio", "steph", "robert")
"""New to the base and to the domain's training."""


def any_voice(variants: list[str], random: Random) -> Voice:
    """A voice of its own: any accent, variant, speed and pitch."""
    name = f"{random.choice(ACCENTS)}+{random.choice(variants)}"
    return Voice(name, random.randint(125, 215), random.randint(25, 75), random.randint(30, 70))


def person(variant: str, random: Random) -> Voice:
    """A voice that stays the same person: one accent and pitch for a variant, only the speed is drawn anew."""
    lasting = Random(variant)
    name = f"{lasting.choice(ACCENTS)}+{variant}"
    pitch, range_ = lasting.randint(30, 70), lasting.randint(30, 70)
    return Voice(name, random.randint(125, 170), pitch, range_)
