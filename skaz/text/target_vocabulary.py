"""Of a vocabulary that both sides of pairs share: the part that targets are written with.

A translator chooses its next word among all tokens of its vocabulary, and a third of a joint one may be words that only
sources have. They are left out of the output layer: the targets' tokens come first, and targets are cut into
those alone (as with the vocabulary threshold of Sennrich et al. 2017, section 3.1: a token that is missing is spelt
in shorter ones). What the targets are made of is cut as before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from skaz.text.tokenizer import SMALLEST_VOCABULARY, Tokenizer


def targets_first(joint: Tokenizer, targets: Sequence[str]) -> tuple[Tokenizer, Tokenizer]:
    """The tokenizer of targets, and the joint one with its ids in a new order that begins with the former's. On these
    texts both cut as `joint` does."""
    description = json.loads(joint.to_json())
    names = _names(description["model"])
    used = {names[token] for ids in joint.encode_batch(targets) for token in set(ids)}
    used.update(names[:SMALLEST_VOCABULARY])
    if description["model"]["type"] == "BPE":
        used = _with_parts(used, description["model"]["merges"])
    of_targets = [name for name in names if name in used]
    in_order = of_targets + [name for name in names if name not in used]
    return _with_names(description, of_targets), _with_names(description, in_order)


def _names(model: dict[str, Any]) -> list[str]:
    """The tokens by their ids."""
    if model["type"] == "BPE":
        return sorted(model["vocab"], key=model["vocab"].__getitem__)
    return [name for name, _ in model["vocab"]]


def _with_parts(used: set[str], merges: Iterable[Sequence[str]]) -> set[str]:
    """With all that these tokens are merged from: a part's own merges come before its use."""
    used = set(used)
    for left, right in reversed(list(merges)):
        if left + right in used:
            used |= {left, right}
    return used


def _with_names(description: dict[str, Any], names: Sequence[str]) -> Tokenizer:
    """The tokenizer with these tokens, in this order, and no others."""
    model = dict(description["model"])
    if model["type"] == "BPE":
        kept = set(names)
        model["vocab"] = {name: number for number, name in enumerate(names)}
        model["merges"] = [merge for merge in model["merges"] if kept.issuperset({*merge, "".join(merge)})]
    else:
        scores = dict(model["vocab"])
        model["vocab"] = [[name, scores[name]] for name in names]
    return Tokenizer.from_json(json.dumps({**description, "model": model}, ensure_ascii=False))
