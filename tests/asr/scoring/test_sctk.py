"""NIST's own tools: they count the same errors in every utterance, and call the same one of two systems better.

Runs where sctk is installed (`apt-get install sctk`): on made-up systems, and on seven published ones where their
outputs are.
"""

import itertools
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.matched_pairs import Finding, matched_pairs

Systems = tuple[list[Utterance], dict[str, dict[str, str]]]
Counts = tuple[int, int, int]

_PATH = re.compile(r'<PATH id="\(([^)]+)\)"[^>]*>\n(.*)\n')
_PAIR = re.compile(
    r"MTCH_PR_RESULTS \(systems: (\d) (\d)\) \(# segs: (\d+)\).*"
    r"\(mean: *(\S+)\) \(std dev: *(\S+)\) \(Z Stat: *(\S+)\) \(Stat Diff: (Yes|No)\)"
)


def sctk(*arguments: str, given: str = "") -> str:
    finished = subprocess.run(["sctk", *arguments], input=given.encode(), capture_output=True, check=True, timeout=60)
    return finished.stdout.decode(errors="replace")  # its McNemar report holds bytes that are no text


def made_up() -> Systems:
    """Four systems, the second as good as the first, on 600 sentences of 4 to 20 words."""
    choice = random.Random(6)
    vocabulary = ["".join(choice.choices("abcdefghijklmnopqrstuvwxyz", k=choice.randint(2, 8))) for _ in range(400)]

    def hear(words: list[str], errors: float) -> str:
        heard: list[str] = []
        for word in words:
            heard += [choice.choice(vocabulary)] if choice.random() < errors / 4 else []
            kept = choice.random()
            heard += [word] if kept > errors else [choice.choice(vocabulary)] if kept > errors / 3 else []
        return " ".join(heard)

    said = {f"s{n % 12:02}-{n:04}": choice.choices(vocabulary, k=choice.randint(4, 20)) for n in range(600)}
    utterances = [Utterance(name, Path("x.wav"), " ".join(words), 5.0, "") for name, words in said.items()]
    rates = {"0": 0.08, "1": 0.08, "2": 0.05, "3": 0.12}
    return utterances, {
        system: {name: hear(words, rate) for name, words in said.items()} for system, rate in rates.items()
    }


@pytest.fixture(scope="module", params=["made up", "published"])
def systems(request: pytest.FixtureRequest) -> Systems:
    if not shutil.which("sctk"):
        pytest.skip("sctk is not installed")
    found: Systems = made_up() if request.param == "made up" else request.getfixturevalue("published")
    return found


@pytest.fixture(scope="module")
def alignments(systems: Systems, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What sclite makes of each system, as sc_stats reads it; systems are named by their number."""
    utterances, heard = systems
    folder = tmp_path_factory.mktemp("sctk")

    def write(name: str, texts: dict[str, str]) -> str:
        path = folder / name
        path.write_text("".join(f"{texts[one.id]} ({one.id})\n" for one in utterances), encoding="utf-8")
        return str(path)

    said = write("said", {one.id: one.text for one in utterances})
    return [
        sctk(
            *("sclite", "-r", said, "trn", "-h", write(str(number), texts), "trn", str(number)),
            *("-i", "spu_id", "-s", "-f", "0", "-o", "sgml", "stdout"),
        )
        for number, texts in enumerate(heard.values())
    ]


@pytest.fixture(scope="module")
def scored(systems: Systems) -> list[list[Hypothesis]]:
    utterances, heard = systems
    return [score(utterances, texts, "none") for texts in heard.values()]


def counted(alignment: str) -> dict[str, Counts]:
    """Substitutions, deletions and insertions by utterance; words are written as `S,"said","heard":C,…`."""
    kinds = {name: [word[:1] for word in words.split(":")] for name, words in _PATH.findall(alignment)}
    return {name: (found.count("S"), found.count("D"), found.count("I")) for name, found in kinds.items()}


def test_errors_are_sclites(alignments: list[str], scored: list[list[Hypothesis]]) -> None:
    """In every utterance; their sums and the WER then are, too."""
    for alignment, rows in zip(alignments, scored, strict=True):
        theirs = counted(alignment)
        ours = {row.id: (row.substitutions, row.deletions, row.insertions) for row in rows}
        assert {name: (ours[name], theirs.get(name)) for name in ours if ours[name] != theirs.get(name)} == {}
        assert sum(map(sum, theirs.values())) > 400


def test_the_better_of_each_two_is_sc_statss(alignments: list[str], scored: list[list[Hypothesis]]) -> None:
    """The same decision for every pair, and the same numbers to three digits.

    Which of two equal words was left out, nobody can know: "saint saint francis" heard as "saint francis". sclite takes
    the first, Wergate the last, so that here and there a segment begins or ends elsewhere.
    """
    report = sctk("sc_stats", "-p", "-t", "mapsswe", "-v", "-n", "-", given="".join(alignments))
    theirs = {(int(pair[0]), int(pair[1])): pair[2:] for pair in _PAIR.findall(report)}
    assert set(theirs) == set(itertools.combinations(range(len(scored)), 2))
    findings = set()
    for (one, other), (segments, mean, deviation, z, differ) in theirs.items():
        found = matched_pairs(
            [row.reference for row in scored[one]],
            [row.hypothesis for row in scored[one]],
            [row.hypothesis for row in scored[other]],
        )
        winner: Finding = "candidate better" if float(mean) > 0 else "baseline better"
        assert found.finding == (winner if differ == "Yes" else "no difference")
        assert found.segments == pytest.approx(int(segments), abs=1)
        assert (found.mean, found.deviation) == pytest.approx((float(mean), float(deviation)), abs=0.001)
        assert found.z == pytest.approx(float(z), rel=0.002, abs=0.005)
        findings.add(found.finding)
    assert findings == {"candidate better", "baseline better", "no difference"}
