"""Phrases that a sequence-to-sequence model shall rather write: their beginnings are favoured, token by token.

A phrase is worth something only when it is written to its end: what its beginning was given is taken back as soon as it
breaks off, so that other words are as probable as before (Zhao et al. 2019, "Shallow-fusion end-to-end contextual
biasing"). A bonus at the last token alone, as transformers' `sequence_bias` gives it, comes too late: the beam has lost
the phrase by then.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch


@dataclass(eq=False)
class Node:
    """A place in the tree of all phrases' tokens."""

    depth: int = 0
    kept: int = 0
    """Tokens up to here whose bonus is kept: those of the longest phrase that ends on the way."""
    after: dict[int, "Node"] = field(default_factory=dict)
    fall: "Node | None" = None
    """Where the longest other beginning of a phrase leads that what was written also ends with; None at the root."""


def phrase_tree(phrases: Iterable[Sequence[int]]) -> Node:
    """The tree of phrases, each a sequence of tokens, with the links of Aho and Corasick 1975."""
    root = Node()
    for phrase in phrases:
        node = root
        for token in phrase:
            node = node.after.setdefault(token, Node(node.depth + 1))
        node.kept = node.depth
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        for token, child in node.after.items():
            child.kept = max(child.kept, node.kept)
            child.fall = root if node is root else step(_fall(node), token)
            waiting.append(child)
    return root


def step(node: Node, token: int) -> Node:
    """The place that a token leads to."""
    while token not in node.after:
        if node.fall is None:
            return node
        node = node.fall
    return node.after[token]


def _fall(node: Node) -> Node:
    assert node.fall is not None, "only the root has none"
    return node.fall


def rewards(node: Node) -> tuple[dict[int, int], int]:
    """How many tokens' bonus each next token gains or loses, and what every other token loses.

    A token that goes on with the phrase gains one. Any other loses what was given for tokens of an unfinished phrase,
    and gains for those that begin another one.
    """
    unfinished = node.depth - node.kept
    found: dict[int, int] = {}
    place: Node | None = node
    while place is not None:
        for token, child in place.after.items():
            if token not in found:
                paid = max(0, place.depth - unfinished)  # tokens of the other phrase whose bonus is kept anyway
                found[token] = child.depth - paid - unfinished
        place = place.fall
    return found, -unfinished


def spellings(phrase: str) -> list[str]:
    """How a phrase may stand in a text: at the begin or behind a space, as written, in small letters, capitalized."""
    written = " ".join(phrase.split())
    cased = dict.fromkeys((written, written.lower(), written[:1].upper() + written[1:], written.title()))
    return [before + one for one in cased for before in (" ", "")]


def phrase_tokens(tokenizer: Any, phrases: Iterable[str]) -> list[list[int]]:
    """The tokens of each phrase in all of its spellings, without those that the model cannot write or obeys."""
    special = set(tokenizer.all_special_ids)
    written = (tokenizer(one, add_special_tokens=False).input_ids for phrase in phrases for one in spellings(phrase))
    return [tokens for tokens in written if tokens and special.isdisjoint(tokens)]


class _Moves(NamedTuple):
    tokens: "torch.Tensor"
    gains: "torch.Tensor"
    otherwise: float


class PhraseBonus:
    """A logits processor of transformers: the bonus for the phrases of a tree."""

    def __init__(self, tree: Node, bonus: float, begin: int) -> None:
        self._tree = tree
        self._bonus = bonus
        self._begin = begin
        """Tokens that were there before the model wrote any."""
        self._moves: dict[Node, _Moves] = {}

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Log probabilities with the bonus, shape (beams, tokens)."""
        scores = scores.clone()
        for beam, written in enumerate(input_ids[:, self._begin :].tolist()):
            node = self._tree
            for token in written:
                node = step(node, token)
            moves = self._from(node, scores)
            scores[beam] += moves.otherwise
            scores[beam, moves.tokens] += moves.gains
        return scores

    def _from(self, node: Node, scores: "torch.Tensor") -> _Moves:
        import torch

        if node not in self._moves:
            found, otherwise = rewards(node)
            self._moves[node] = _Moves(
                torch.tensor(list(found), dtype=torch.long, device=scores.device),
                torch.tensor([gain - otherwise for gain in found.values()], device=scores.device) * self._bonus,
                otherwise * self._bonus,
            )
        return self._moves[node]
