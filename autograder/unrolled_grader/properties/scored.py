"""How well a trained model does on data it has not seen."""

from collections.abc import Callable
from typing import Any

from unrolled.check.score import METRICS
from unrolled_grader.exercises import Property
from unrolled_grader.properties.single_calls import Cases


def scores(
    cases: Cases,
    metric: str,
    floor: float,
    full: float | None = None,
    weight: float = 1.0,
    advice: str = "",
    name: str = "unseen data",
    public_cases: Cases | None = None,
    driver: Callable[..., Any] | None = None,
    group: str = "",
    seconds: float | None = None,
) -> Property:
    """Require that a trained model predicts well on data it has not seen.

        scores(lambda rng: [Case(x, sealed=labels)], "accuracy", floor=0.6, full=0.85)

    The answer gets the inputs and returns its predictions; the labels stay in the trusted process. Grading draws the
    cases with the secret seed. The students' own table holds its cases with their labels, so it must be another part
    of the data: either `cases` makes data anew from its generator, or `public_cases` draws from a part that `cases`
    leaves alone. Labels of a public data set are sealed from nobody who looks them up: hold back, or change, what a
    student could recognise.

    Args:
        cases: draws calls whose `sealed` are the labels.
        metric: "accuracy", "balanced_accuracy", "word_error_rate", "mean_absolute_error", "mean_squared_error" or
            "cross_entropy" (of probabilities).
        floor: the value at which points begin.
        full: the value that earns all of them; without it `floor` does, all or nothing.
        weight: the property's share of the points.
        advice: where to look when less than all is reached.
        name: what a student is told it is called.
        public_cases: draws the cases of the students' table, where `cases` must not.
        driver: public; `driver(answer, *args)` called in place of the answer ("build it, train it, predict").
        group, seconds: see `Property`.

    Raises:
        ValueError: the metric is not known, or `floor` is better than `full`.
    """
    if metric not in METRICS:
        raise ValueError(f"there is no metric {metric!r}: choose one of {', '.join(METRICS)}")
    comparison: dict[str, Any] = {"kind": "score", "metric": metric, "floor": float(floor)}
    if full is not None:
        comparison["full"] = float(full)
        if full != floor and (full < floor) != METRICS[metric].less_is_better:
            raise ValueError(f"{metric}: floor={floor} is better than full={full}; exchange the two")
    return Property(
        name, cases, weight, advice, driver,
        comparison=comparison, public_cases=public_cases, group=group, seconds=seconds,
    )  # fmt: skip
