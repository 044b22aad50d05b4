"""Release the candidate that a person approved in a GitHub environment: who it was and why comes from GitHub itself.

GitHub starts a job in an environment with required reviewers when one of them has approved. In an environment without
them it starts at once: nobody was asked, and nothing is released. Everything arrives through the environment.
"""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

WERGATE = Path(__file__).resolve().parent.parent / ".venv" / "bin" / "wergate"


def main() -> int:
    """Ask GitHub who approved, and say so to `wergate approve`; its exit code."""
    name, run = os.environ["ENVIRONMENT"], os.environ["RUN"]
    rules = read(f"environments/{name}").get("protection_rules") or []
    if not any(rule.get("type") == "required_reviewers" for rule in rules):
        return refuse(
            f"the environment {name} has no required reviewers, so that nobody was asked; name some under Settings → "
            "Environments, and run this job again"
        )
    reviews = read(f"actions/runs/{os.environ['GITHUB_RUN_ID']}/approvals")
    said = [one for one in reviews if one["state"] == "approved" and name in {it["name"] for it in one["environments"]}]
    people = dict.fromkeys((one.get("user") or {}).get("login") or "" for one in said)  # one for each attempt
    comments = dict.fromkeys((one.get("comment") or "").strip() for one in said)
    who, why = (", ".join(filter(None, told)) for told in (people, comments))
    if not who:
        return refuse(f"nobody has approved in the environment {name}; `wergate approve {run[:8]}` does it as well")
    if not why:
        return refuse(f"{who} gave no reason; run this job again, and write into the comment why")
    return subprocess.run([WERGATE, "approve", f"--by={who}", f"--reason={why}", "--", run], check=False).returncode


def read(path: str) -> Any:
    """What the API of GitHub says of this repository."""
    address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    headers = {"Authorization": f"Bearer {os.environ['GH_TOKEN']}", "Accept": "application/vnd.github+json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        sys.exit(refuse(f"{address}: {error}; nothing is released"))


def refuse(why: str) -> int:
    """Say why nothing is released, also on the page of the run."""
    print(f"::error::{why}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
