"""A page on a class for its instructor: who needs a look, points, exercises, similar answers, progress over lessons.

No script and no code of a student's runs in it; every text is escaped, and nothing is loaded from elsewhere.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import STATUSES, SubmissionOutcome
from unrolled_grader.report.similar import Answers, Pair
from unrolled_grader.report.tables import Outcomes, seed_note, warning

BINS, HEIGHT = 10, 140  # of the histogram: columns, and pixels of the highest
TEMPLATE = "class_page.html"
OFTEN = 5  # properties and mistakes that are shown of an exercise


def class_page(
    lesson: str,
    outcomes: Outcomes,
    enrolled: Sequence[str],
    answers: Mapping[str, Answers],
    pairs: Sequence[Pair],
    over_lessons: Mapping[str, Outcomes],
) -> str:
    """Return the page as HTML.

    Args:
        lesson: its name.
        outcomes: of this lesson, by student.
        enrolled: all students whom the gradebook knows.
        answers: of this lesson, by student.
        pairs: which of them are similar.
        over_lessons: the outcomes of every lesson that was graded, this one among them.
    """
    places = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    counts = Counter(outcome.status for outcome in outcomes.values())
    plain = next((outcome.kinds_in_words() for outcome in outcomes.values() if outcome.plain_points), "")
    most, bins = _bins(outcomes)
    return places.get_template(TEMPLATE).render(
        lesson=lesson,
        number=len(outcomes),
        statuses=[(status, counts[status]) for status in STATUSES if counts[status]],
        kinds=plain,
        warnings=[*warning(outcomes), *seed_note(lesson, outcomes)],
        look=_to_look_at(outcomes),
        absent=[_shown(name) for name in enrolled if name not in outcomes],
        most=f"{most:g}",
        bins=bins,
        told_bins=", ".join(f"{one['count']} with {one['label']}" for one in bins),
        exercises=_exercises(outcomes),
        pairs=[_pair(pair, answers) for pair in pairs],
        progress=_progress(over_lessons),
    )


def _shown(student: str) -> str:
    return safe_text.one_line(safe_text.file_name(student), 80)


def _to_look_at(outcomes: Outcomes) -> list[dict[str, Any]]:
    """Return those who need a person, the failed ones first."""
    chosen = [one for status in ("failed", "flagged") for one in outcomes.values() if one.status == status]
    return [
        {
            "student": _shown(one.student),
            "status": one.status,
            "reasons": [safe_text.one_line(reason, 500) for reason in one.reasons],
        }
        for one in chosen
    ]


def _bins(outcomes: Outcomes) -> tuple[float, list[dict[str, Any]]]:
    """Return the points there are to have, and how many have how many: in whole columns of the histogram."""
    graded = [one for one in outcomes.values() if one.status != "failed"]
    most = max((one.max_points for one in graded), default=0.0)
    width = most / BINS or 1.0
    counts = Counter(min(int(one.points / width), BINS - 1) for one in graded)
    highest = max(counts.values(), default=1)
    return most, [
        {
            "count": counts[at],
            "height": round(HEIGHT * counts[at] / highest),
            "label": f"{at * width:g}-{(at + 1) * width:g}",
        }
        for at in range(BINS)
    ]


def _exercises(outcomes: Outcomes) -> list[dict[str, Any]]:
    graded = [one for one in outcomes.values() if one.exercises]
    rows = []
    for name in dict.fromkeys(name for one in graded for name in one.exercises):
        found = [one.exercises[name] for one in graded if name in one.exercises]
        points = [one.points or 0.0 for one in found]
        said = {one.mistake: one.message for one in found if one.mistake}
        mistakes = Counter(one.mistake for one in found if one.mistake)
        rows.append(
            {
                "name": safe_text.one_line(name, 80),
                "right": sum(have >= one.max_points for have, one in zip(points, found, strict=True)),
                "number": len(found),
                "mean": f"{sum(points) / len(found):.2f}",
                "most": f"{max(one.max_points for one in found):g}",
                "missed": Counter(safe_text.one_line(text, 80) for one in found for text in one.missed).most_common(
                    OFTEN
                ),
                "mistakes": [
                    (text, count, safe_text.one_line(said[text], 300)) for text, count in mistakes.most_common(OFTEN)
                ],
            }
        )
    return rows


def _pair(pair: Pair, answers: Mapping[str, Answers]) -> dict[str, Any]:
    """Return a pair with its code side by side, shared lines marked."""
    exercises = [
        {
            "name": safe_text.one_line(name, 80),
            "sides": [
                {"student": _shown(student), "lines": _lines(answers[student].get(name, ""), shared)}
                for student, shared in zip((pair.one, pair.other), lines, strict=True)
            ],
        }
        for name, lines in pair.lines.items()
    ]
    share = f"{100 * pair.share:.0f}"
    return {"one": _shown(pair.one), "other": _shown(pair.other), "share": share, "exercises": exercises}


def _lines(code: str, shared: set[int]) -> list[dict[str, Any]]:
    return [
        {"text": safe_text.code(line[:300]), "shared": at in shared} for at, line in enumerate(code.splitlines()[:400])
    ]


def _progress(over_lessons: Mapping[str, Outcomes]) -> dict[str, Any]:
    lessons = [name for name, outcomes in over_lessons.items() if outcomes]
    students = sorted({student for name in lessons for student in over_lessons[name]})
    means = []
    for name in lessons:
        shares = [share for one in over_lessons[name].values() if (share := _share(one)) is not None]
        means.append(f"{sum(shares) / len(shares):.0f}" if shares else "")
    rows = [
        {"student": _shown(student), "shares": [_percent(over_lessons[name].get(student)) for name in lessons]}
        for student in students
    ]
    return {"lessons": lessons, "means": means, "rows": rows}


def _share(outcome: SubmissionOutcome) -> float | None:
    if outcome.status == "failed" or not outcome.max_points:
        return None
    return 100 * outcome.points / outcome.max_points


def _percent(outcome: SubmissionOutcome | None) -> str:
    share = None if outcome is None else _share(outcome)
    return "" if share is None else f"{share:.0f}"
