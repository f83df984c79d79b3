"""What is told of an answer that is not right: the place where it shows best, in the docstring's words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.check.compare import KINDS, Difference
from unrolled.check.variants import Told
from unrolled.plain_data import PublicFunction, RandomGenerator, TensorData

LONGEST = 120  # signs of what was given
MOST_LINES = 3  # of what an exception says
SAME_FORM = ("called_with_views", "states_in_two_parts")  # drivers that return what the answer returns
PART = re.compile(r"^result\[(\d+)\]")
ARGUMENT = re.compile(r"^result(?:\[0\]\[(\d+)\]|\[1\]\['(\w+)'\])")


def message(
    exercise: Mapping[str, Any],
    faults: Sequence[Sequence[Difference | None]],
    missed: Sequence[str],
    told: Told | None,
) -> str:
    """Write one to four lines: what is wrong and where, a hint or advice, what was given, what holds."""
    i, j = _place(exercise, faults, told)
    prop = exercise["properties"][i]
    fault = faults[i][j]
    assert fault is not None
    label = prop["cases"][j]["label"]
    text = with_names(fault.text, exercise, prop)
    lines = [f"{exercise['name']}, {prop['name']}{f' ({label})' if label else ''}: {_as_sentence(text)}"]
    if told is None:
        given = what_was_given(exercise, prop, prop["cases"][j])
        lines += [f"Given: {given}."] if given else []
    advice = told.hint if told is not None else prop["advice"]
    lines += [advice] if advice else []
    right = [prop["name"] for prop in exercise["properties"] if prop["name"] not in missed]
    if right:
        lines.append(f"Right already: {', '.join(right)}.")
    waiting = [
        prop["name"]
        for prop, row in zip(exercise["properties"], faults, strict=True)
        if prop["name"] in missed and prop["cases"] and not any(row)
    ]
    if waiting:
        lines.append(f"Holds, and counts once a value is right: {', '.join(waiting)}.")
    return "\n".join(lines)


def _as_sentence(text: str) -> str:
    """Return the first lines of a text, with a full stop where it has no stop of its own: it may quote an exception."""
    first = text.strip().splitlines()[:MOST_LINES]
    cut = " ..." if len(first) < len(text.strip().splitlines()) else ""
    text = "\n".join(first) + cut
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _place(
    exercise: Mapping[str, Any], faults: Sequence[Sequence[Difference | None]], told: Told | None
) -> tuple[int, int]:
    """Choose the property and case to tell of: the property that shows the known mistake; or else a wrong type or shape
    before a wrong number, main properties before side ones. Of a property's cases the smallest."""
    properties = exercise["properties"]
    found = [
        (KINDS.index(fault.kind), i, j)
        for i, row in enumerate(faults)
        for j, fault in enumerate(row)
        if fault is not None
    ]
    if told is not None and any(faults[told.place]):
        found = [place for place in found if place[1] == told.place]
    kind, i, _ = min(found, key=lambda f: (properties[f[1]]["side"], *f))
    cases = [j for k, at, j in found if (k, at) == (kind, i)]
    return i, min(cases, key=lambda j: (_size([properties[i]["cases"][j][key] for key in ("args", "kwargs")]), j))


def _size(value: Any) -> int:
    """Count the numbers in arguments."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple | set):
        return sum(map(_size, value))
    value = value.array if isinstance(value, TensorData) else value
    return value.size if isinstance(value, np.ndarray) else len(value) if isinstance(value, str) else 1


def with_names(text: str, exercise: Mapping[str, Any], prop: Mapping[str, Any]) -> str:
    """Return the text of a difference with the docstring's names: `dx[0, 1]`, where a comparison can say `result[0][0,
    1]`."""
    driver = prop["driver"].name if prop["driver"] is not None else None
    parts, parameters = exercise.get("parts", []), exercise.get("parameters", [])
    if driver == "arguments_after_call":
        found = ARGUMENT.match(text)
        if found is not None and (found[2] or int(found[1]) < len(parameters)):
            return f"after the call {found[2] or parameters[int(found[1])]}{text[found.end() :]}"
        return text
    if prop["measure"] is None and prop["calls"] is None and (driver is None or driver in SAME_FORM):
        if len(parts) == 1 and text.startswith("the result"):
            return parts[0] + text.removeprefix("the result")
        found = PART.match(text)
        if found is not None and int(found[1]) < len(parts):
            return parts[int(found[1])] + text[found.end() :]
    return text.removeprefix("the ") if text.startswith("the result[") else text


def what_was_given(exercise: Mapping[str, Any], prop: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    """Say in words what the arguments were, values where they are few and shapes where not; "" where even these are
    many."""
    if prop["driver"] is not None or prop["calls"] is not None:
        return ""
    names = [*exercise.get("parameters", []), *[""] * len(case["args"])]
    given = [*zip(names, case["args"], strict=False), *case["kwargs"].items()]
    text = ", ".join(f"{name} = {_shown(value)}" if name else _shown(value) for name, value in given)
    return text if len(text) <= LONGEST else ""


def _shown(value: Any) -> str:
    if isinstance(value, TensorData):
        return _shown(value.array)
    if isinstance(value, np.ndarray):
        if value.size > 4:
            return f"({', '.join(map(str, value.shape))})"
        return str((np.round(value, 4) if value.dtype.kind in "fc" else value).tolist())
    if isinstance(value, RandomGenerator):
        return f"a generator with seed {value.seed}"
    if isinstance(value, PublicFunction):
        return value.name
    if isinstance(value, dict) and any(isinstance(part, np.ndarray) for part in value.values()):
        return "{" + ", ".join(f"{key} {_shown(part)}" for key, part in value.items()) + "}"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
