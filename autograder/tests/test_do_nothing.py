"""Would an answer that does nothing earn anything, and is it told where one does?"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unrolled_grader.commands.exercises import report_exercise
from unrolled_grader.exercises import AGREE, Case, Exercise, Property
from unrolled_grader.lesson.check_table import make_entry
from unrolled_grader.properties import batch_equals_its_rows, values
from unrolled_grader.trials.do_nothing import MOST, answers_that_do_nothing, earned


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
    assert MOST < 0.5
    assert most_earned(values(rows), batch_equals_its_rows(rows, (0,), weight=9))["its first argument"] == 0


@pytest.mark.parametrize("name", ["zeros in the right form", "NaN in the right form"])
def test_the_right_form_is_the_references_with_other_numbers(name):
    found = answers_that_do_nothing(lambda: ([1.5, 2], {"a": np.ones(2)}, True, "text"))[name]()
    assert [type(part) for part in found] == [list, dict, bool, str]
    assert found[0][1] == 0 and found[2] is False and found[3] == "" and not np.any(found[1]["a"] == 1)
