"""Would an answer that does nothing earn anything, and is it told where one does?"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unrolled.check import run_exercise
from unrolled.check.answers import Returned, from_plain, to_plain
from unrolled.check.judge import judge
from unrolled.plain_data import to_json
from unrolled_grader.commands.exercises import report_exercise
from unrolled_grader.exercises import AGREE, Case, Exercise, Property
from unrolled_grader.lesson.check_table import make_entry
from unrolled_grader.properties import batch_equals_its_rows, values
from unrolled_grader.trials.do_nothing import MOST_EARNED, answers_that_do_nothing, earned


def twice(x):
    return 2 * x


def rows(rng: np.random.Generator) -> list[Case]:
    return [Case(rng.normal(size=(3, 2)))]


def lesson_of(exercise: Exercise) -> Any:
    return SimpleNamespace(name="x", exercises=[exercise], quiz=[], reference=lambda exercise: twice)


def most_earned(*properties: Any) -> dict[str, float]:
    exercise = Exercise("answer", *properties)
    return earned(make_entry(lesson_of(exercise), exercise, 0).table, twice)


def test_where_values_count_nothing_is_earned_without_them():
    found = most_earned(values(rows), batch_equals_its_rows(rows, (0,)))
    assert set(found.values()) == {0.0} and len(found) == len(answers_that_do_nothing(twice))


def both(x):
    return [(x,), (x,)]


def handed_on(results, x):
    return results


def test_a_measure_that_hands_on_what_came_is_found_by_the_sweep():
    prop = Property("calls agree", rows, calls=both, measure=handed_on, comparison=AGREE)
    exercise = Exercise("answer", values(rows), prop)
    found = most_earned(values(rows), prop)
    assert found["[0, 0]"] > 0.5 and found["its first argument"] > 0.5
    assert found["NaN"] == found["{}"] == found["None"] == 0, "what holds no number does not agree"
    report = report_exercise(lesson_of(exercise), exercise, 1)
    assert any("an answer that returns [0, 0] earns 55%" in fault for fault in report.faults)


def test_a_property_that_the_argument_itself_has_counts_beside_a_right_value_only():
    assert MOST_EARNED < 0.5
    assert most_earned(values(rows), batch_equals_its_rows(rows, (0,), weight=9))["its first argument"] == 0


@pytest.mark.parametrize("name", ["zeros in the right form", "NaN in the right form"])
def test_the_right_form_is_the_references_with_other_numbers(name):
    found = answers_that_do_nothing(lambda: ([1.5, 2], {"a": np.ones(2)}, True, "text"))[name]()
    assert [type(part) for part in found] == [list, dict, bool, str]
    assert found[0][1] == 0 and found[2] is False and found[3] == "" and not np.any(found[1]["a"] == 1)


def looked_up(entry, public):
    """Return what is earned by giving back what the students' own table holds, and None where it holds nothing."""
    known = {question(prop, case): case["expected"] for prop in public["properties"] for case in prop["cases"]}
    none = to_plain(Returned(None))
    found = [
        [from_plain(known.get(question(prop, case), none)) for case in prop["cases"]] for prop in entry["properties"]
    ]
    return judge(entry, found).fraction


def question(prop, case):
    return prop["name"], to_json((case["args"], case["kwargs"]))


def test_cases_that_the_students_own_table_holds_earn_nothing_by_themselves():
    fixed = Property("one", lambda rng: [Case(np.ones(1)), Case(np.ones(2))], weight=9)
    exercise = Exercise("answer", values(rows), fixed)
    public, graded = (make_entry(lesson_of(exercise), exercise, seed).table for seed in (0, 2**100 + 1))
    assert looked_up(public, public) == 1
    assert looked_up(graded, public) == 0
    assert judge(graded, run_exercise(graded, twice)).fraction == 1


def test_a_case_that_is_drawn_counts_by_itself():
    exercise = Exercise("answer", values(rows), Property("one row", lambda rng: [Case(rng.normal(size=(1, 2)))]))
    graded = make_entry(lesson_of(exercise), exercise, 2**100 + 1).table
    assert [prop["side"] for prop in graded["properties"][:2]] == [False, False]
