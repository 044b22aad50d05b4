"""The workflows of GitHub hand on what people set there."""

from pathlib import Path

import pytest

WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"


@pytest.mark.parametrize("name", ["AZURE_SPEECH_RESOURCE_ID", "WERGATE_AZURE_REGION", "WERGATE_AZURE_ADDRESS"])
def test_both_jobs_of_a_run_know_the_speech_resource(name: str) -> None:
    jobs = (WORKFLOWS / "improve.yml").read_text(encoding="utf-8").split("\n  approve:\n")
    assert len(jobs) == 2
    for job in jobs:
        assert f"\n          {name}: ${{{{ vars.{name} }}}}\n" in job
        unset = job.partition("for name in ")[2].partition("; do")[0].split()
        assert name in unset, "what is not set is not there"
