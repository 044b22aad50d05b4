"""What can be chosen when the emulator is started."""

import os
from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2025-10-15"
CONTRACT = (
    Path(os.environ.get("WERGATE_TEST_MATERIAL", Path(__file__).resolve().parents[3] / "shared"))
    / "azure"
    / f"speechtotext-{API_VERSION}.json"
)
"""The OpenAPI file of the service; the emulator also works without it, and then checks less."""


@dataclass(frozen=True)
class Options:
    """The choices, with what fits most tests."""

    key: str = "emulated-key"
    token: str = "emulated-token"
    """What `Authorization: Bearer …` may say instead of the key."""
    tier: str = "S0"
    """Of the resource: `S0`, or `F0`, which is free and has no batch."""
    pace: float = 0.05
    """Seconds that an import, a training, an evaluation, a batch or a deployment takes at least."""
    most_endpoints: int | None = None
    """A quota other than the tier's."""
    most_datasets: int | None = None
    """A quota other than the tier's."""
    calls_per_10_seconds: int | None = None
    """From which call within ten seconds on the answer is 429; the service's own limit is 100. Empty: no limit."""
    clock_off_hours: float = 0.0
    """How wrong the clock of the `Date` header is."""
    chaos_seed: int = 0
    chaos_rate: float = 0.0
    """The share of the calls that something goes wrong with."""
    contract: Path | None = CONTRACT
    """The OpenAPI file that all bodies are held against; none where there is no such file."""
