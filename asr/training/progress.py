"""How a training tells what it measures while it goes on."""

from collections.abc import Callable

Report = Callable[[int, dict[str, float]], None]
"""Called with a step and its metrics (`loss`, `learning_rate`, `dev_wer`)."""
