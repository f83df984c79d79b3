"""Properties that many exercises share, each written once.

Drivers, calls and measures here are public: their source stands in the student's table.
"""

from unrolled_grader.properties.gradients import gradient_check
from unrolled_grader.properties.modules import every_parameter_learns, same_numbers_when_tiled
from unrolled_grader.properties.scored import scores
from unrolled_grader.properties.sequences import (
    batch_equals_its_rows,
    ignores_the_future,
    padding_changes_nothing,
    parts_equal_the_whole,
)
from unrolled_grader.properties.single_calls import (
    Cases,
    arguments_as_given,
    keeps_dtype,
    leaves_arguments_alone,
    values,
)

__all__ = [
    "Cases",
    "arguments_as_given",
    "batch_equals_its_rows",
    "every_parameter_learns",
    "gradient_check",
    "ignores_the_future",
    "keeps_dtype",
    "leaves_arguments_alone",
    "padding_changes_nothing",
    "parts_equal_the_whole",
    "same_numbers_when_tiled",
    "scores",
    "values",
]
