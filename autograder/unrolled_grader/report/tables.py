"""Text tables of outcomes: points and status of each submission, and how well each exercise was solved."""

from collections import Counter
from collections.abc import Mapping

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import NOT_PROTECTED, STATUSES, SubmissionOutcome
from unrolled_grader.options import SEARCHABLE

Outcomes = Mapping[str, SubmissionOutcome]


def isolation_of(outcomes: Outcomes) -> str:
    """Say how the submissions were confined: one word, or "mixed"."""
    found = {outcome.isolation for outcome in outcomes.values()}
    return found.pop() if len(found) == 1 else "mixed" if found else "none"


def warning(outcomes: Outcomes) -> list[str]:
    """Return a line that must not be missed where grades are not protected."""
    count = sum(outcome.isolation == "none" for outcome in outcomes.values())
    return [f"NOT PROTECTED: {count} of {len(outcomes)} submissions were {NOT_PROTECTED}."] if count else []


def seed_note(lesson: str, outcomes: Outcomes) -> list[str]:
    """Return a line on a class that was graded with a seed of an earlier version, which could be found by trying all of
    them."""
    seeds = {outcome.seed for outcome in outcomes.values() for e in outcome.exercises.values() if e.kind == "judged"}
    if not any(seed < SEARCHABLE for seed in seeds):
        return []
    return [
        f"The seed of {lesson}'s hidden inputs is short, as earlier versions drew it, and could be found by trying. It "
        f"is kept, so that nobody's points change; delete seeds/{lesson}.json among the course's records "
        "(autograder/course) to have a long one drawn and everybody graded with it."
    ]


def summary(lesson: str, outcomes: Outcomes) -> str:
    """Return counts by status, and each submission that a person should look at, with its reasons."""
    counts = Counter(outcome.status for outcome in outcomes.values())
    lines = [f"{lesson}: {len(outcomes)} submissions (isolation: {isolation_of(outcomes)})"]
    lines += [f"  {status:<8} {counts[status]:>5}" for status in STATUSES if counts[status]]
    plain = next((outcome for outcome in outcomes.values() if outcome.plain_points), None)
    lines += [f"  {plain.kinds_in_words()}"] if plain else []
    for status in ("flagged", "failed"):
        chosen = [outcome for outcome in outcomes.values() if outcome.status == status]
        if chosen:
            lines += ["", "look at:" if status == "flagged" else "not graded:"]
            lines += [f"  {_name(o.student)}: {_text('; '.join(o.reasons), 500)}" for o in chosen]
    return "\n".join(lines + seed_note(lesson, outcomes) + warning(outcomes))


def students_table(outcomes: Outcomes) -> str:
    """Return one line for each student."""
    width = max([len(_name(student)) for student in outcomes] + [7])
    lines = [f"{'student':<{width}}  {'status':<8} {'points':>14}  missed"]
    for student, outcome in outcomes.items():
        points = "" if outcome.status == "failed" else f"{outcome.points:g} of {outcome.max_points:g}"
        missed = [f"{name} ({', '.join(e.missed)})" for name, e in outcome.exercises.items() if e.missed]
        text = "; ".join(outcome.reasons if outcome.status == "failed" else missed)
        lines.append(f"{_name(student):<{width}}  {outcome.status:<8} {points:>14}  {_text(text, 160)}".rstrip())
    return "\n".join(lines)


def items_table(outcomes: Outcomes) -> str:
    """Say for each exercise how many have it right, and how often each property and known mistake was missed."""
    graded = [outcome for outcome in outcomes.values() if outcome.exercises]
    names = list(dict.fromkeys(name for outcome in graded for name in outcome.exercises))
    width = max([len(name) for name in names] + [8])
    lines = [f"{'exercise':<{width}}  {'right':>9} {'mean':>6}  missed most"]
    for name in names:
        found = [outcome.exercises[name] for outcome in graded if name in outcome.exercises]
        points = [exercise.points or 0.0 for exercise in found]
        right = sum(one >= exercise.max_points for one, exercise in zip(points, found, strict=True))
        mean = sum(points) / len(found)
        missed = Counter(text for exercise in found for text in exercise.missed)
        mistakes = Counter(exercise.mistake for exercise in found if exercise.mistake)
        often = [f"{text} {count}" for text, count in missed.most_common(4)]
        often += [f"[{mistake}] {count}" for mistake, count in mistakes.most_common(4)]
        share = f"{right:>4}/{len(found):<4} {mean:>6.2f}"
        lines.append(f"{name:<{width}}  {share}  {_text(', '.join(often), 160)}".rstrip())
    return "\n".join(lines)


def _name(student: str) -> str:
    """Return a name as a line shows it; in quotation marks where its blanks would not be seen."""
    name = safe_text.file_name(student)
    return safe_text.one_line(name if name == " ".join(name.split()) else repr(name), 40)


def _text(text: str, longest: int) -> str:
    return safe_text.one_line(text, longest)
