"""Changes to an input: in its bytes, or in the tree where it is JSON, so that changes get past the parser."""

import json
import random
from typing import Any

NUMBERS = (0, -1, 1, 2, 255, 2**16, 2**31, 2**53, 2**61 - 1, 2**63, 2**70, 10**400, 0.5, -0.0, 1e308)
TEXTS = (
    "", "a", "\0", "\ud800", "\u202e", "a" * 70, "x" * 5000, " " * 3000, "<script>", "\x1b[2J", "</", "|O", "<f8",
    ">f8", "f8,f8", "<f2", "|b1", "0x1", "-0x" + "f" * 1100, "nan", "-inf", "=" * 50, "](javascript:",
)  # fmt: skip


def mutated(random_: random.Random, data: bytes, others: list[bytes], words: tuple[str, ...]) -> bytes:
    """Make one to six changes, of bytes or of the tree; `words` are texts that mean something to the target."""
    head, line, rest = data.partition(b"\n")
    tree = _parsed(head)
    if tree is None or random_.random() < 0.3:
        for _ in range(random_.randint(1, 6)):
            data = _bytes_changed(random_, data, others)
        return data
    donor = _parsed(random_.choice(others).partition(b"\n")[0])
    for _ in range(random_.randint(1, 6)):
        tree = _tree_changed(random_, tree, donor, words)
    try:
        return json.dumps(tree).encode() + line + rest
    except (ValueError, RecursionError):
        return data


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _bytes_changed(random_: random.Random, data: bytes, others: list[bytes]) -> bytes:
    start = random_.randint(0, len(data))
    end = min(len(data), start + random_.choice((0, 1, 1, 2, 4, 16, 64)))
    other = random_.choice(others)
    cut = random_.randint(0, len(other))
    new = random_.choice((
        b"", bytes([random_.randrange(256)]), data[start:end] * 2, other[cut : cut + random_.randint(1, 64)],
        json.dumps(random_.choice(NUMBERS)).encode(), json.dumps(random_.choice(TEXTS)).encode(),
    ))  # fmt: skip
    return data[:start] + new + data[end:]


def _tree_changed(random_: random.Random, tree: Any, donor: Any, words: tuple[str, ...]) -> Any:
    """Change one node of the tree; walks down at random, so nodes near the root change more often."""
    if isinstance(tree, list) and tree and random_.random() < 0.85:
        at = random_.randrange(len(tree))
        items = list(tree)
        match random_.randrange(8):
            case 0:
                del items[at]
            case 1:
                items.insert(at, tree[random_.randrange(len(tree))])
            case _:
                items[at] = _tree_changed(random_, tree[at], donor, words)
        return items
    if isinstance(tree, dict) and tree and random_.random() < 0.85:
        key = random_.choice(list(tree))
        changed = dict(tree)
        match random_.randrange(8):
            case 0:
                del changed[key]
            case 1:
                changed[random_.choice(words)] = changed.pop(key)
            case _:
                changed[key] = _tree_changed(random_, tree[key], donor, words)
        return changed
    return _node(random_, tree, donor, words)


def _node(random_: random.Random, tree: Any, donor: Any, words: tuple[str, ...]) -> Any:
    choice = random_.randrange(8)
    if choice < 2:
        return random_.choice(words)
    if choice == 2:
        return random_.choice(TEXTS)
    if choice == 3:
        return [tree] * random_.choice((1, 2, 40, 300))
    if choice == 4:
        return _somewhere(random_, donor)
    if choice == 5:
        return random_.choice((None, True, False, [], {}, [[]], {"": {}}))
    return random_.choice(NUMBERS)


def _somewhere(random_: random.Random, tree: Any) -> Any:
    while isinstance(tree, list | dict) and tree and random_.random() < 0.8:
        tree = random_.choice(list(tree.values()) if isinstance(tree, dict) else tree)
    return tree
