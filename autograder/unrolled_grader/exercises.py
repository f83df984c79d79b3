"""How a lesson declares the way its answers are tested: the vocabulary of a lesson's `exercises.py`.

    from unrolled_grader.exercises import Case, Exercise, Property, reference_answers

    answers = reference_answers(__file__)

    def inputs(rng, N=3, D=4, H=5): ...

    rnn_step = Exercise(
        "rnn_step",
        Property("values", lambda rng: [Case(*inputs(rng)), Case(*inputs(rng, N=1), label="one sequence")], weight=3),
        axes=("sequence", "unit"),
    )

    rnn_step.mistake("no_bias", {" + b_h": ""}, hint="Three terms stand inside the tanh. How many do you add?")

    @rnn_step.mistake("in_columns", hint="Your sequences stand in columns. Which transpose is missing?")
    def rnn_step_in_columns(x_t, h_prev, W_xh, W_hh, b_h): ...

    @rnn_step.right_answer
    def rnn_step_by_einsum(x_t, h_prev, W_xh, W_hh, b_h): ...

A known mistake is a small change of the reference answer, pieces of its text and what stands in their place; or, where
it is no small change, a plain function (or class), as other right answers are. These may call `answers.NAME`, the
reference answer of any graded name in the lesson.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.check.compare import FLOAT32_ATOL, FLOAT32_RTOL
from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson_source.source import reference_namespace

EXACT: Mapping[str, Any] = {"kind": "close", "rtol": 0.0, "atol": 0.0}
CLOSE: Mapping[str, Any] = {"kind": "close", "rtol": 1e-8, "atol": 1e-10}  # single precision is not close
CLOSE_FLOAT32: Mapping[str, Any] = {"kind": "close", "rtol": FLOAT32_RTOL, "atol": FLOAT32_ATOL, "dtype": True}
AGREE: Mapping[str, Any] = {"kind": "agree", "rtol": 1e-7, "atol": 1e-9}


class Case:
    """One call of an answer.

    Args:
        args, kwargs: plain data, `RandomGenerator`s, `TensorData` or `public(function)`s.
        label: what a student is told sets this case apart ("batch of one").
        sealed: labels for the comparison "score" (plain data). They stand in the place of the expected value, and
            the grader never sends them to the student's process.
    """

    def __init__(self, *args: Any, label: str = "", sealed: Any = None, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs
        self.label = label
        self.sealed = sealed


@dataclass(frozen=True)
class Property:
    """One thing that must hold of an answer, and its share of the points.

    The source of a public function stands in the students' table and holds nothing secret; what it needs beyond `np`
    it imports in its body.

    Args:
        name: what a student is told it is called ("values", "batch of one", "long sequence").
        cases: draws the cases from a seeded generator; fresh inputs at grading, a fixed seed in the notebook.
        weight: its share of the exercise's points.
        advice: where to look when it fails and no known mistake explains it.
        driver: a public function `driver(answer, *args, **kwargs)` called in place of the answer, where it takes
            more than passing arguments (building a torch module, handing over a function). It runs beside the answer,
            in the student's process, which a student can tamper with: it returns what the answer returned, and does
            not compare, count or conclude.
        calls: a public function `calls(*args, **kwargs)` -> the arguments of several calls, a tuple each. Each is one
            call of the answer (or driver), in an order that nobody can foresee; the results come as a list.
        measure: a public function `measure(result, *args, **kwargs)` of what came back (with `calls`, the list of
            results). It runs on the judge's side, and what it returns is compared.
        expected: what must come out, from the same arguments; by default what the reference answer does.
        comparison: how the two are compared (`CLOSE`, `EXACT`, `AGREE`, or a rule of `unrolled.check.compare`).
        side: a finish on a right answer (dtype, arguments unchanged). It earns nothing where no main property holds.
        public_cases: draws the cases of the students' own table, where `cases` must not (see `properties.scores`).
        group: properties of different groups are alternatives: an answer takes up one of them, by what its driver
            raises `unrolled.check.answers.NotChosen` for on all others, and its best group counts.
        seconds: how long all its cases together may take when they are graded, where training takes longer than
            the grader's usual limit.
    """

    name: str
    cases: Callable[[np.random.Generator], Iterable[Case]]
    weight: float = 1.0
    advice: str = ""
    driver: Callable[..., Any] | None = None
    calls: Callable[..., Any] | None = None
    measure: Callable[..., Any] | None = None
    expected: Callable[..., Any] | None = None
    comparison: Mapping[str, Any] = field(default_factory=lambda: CLOSE)
    side: bool = False
    public_cases: Callable[[np.random.Generator], Iterable[Case]] | None = None
    group: str = ""
    seconds: float | None = None


class Mistake:
    """A wrong answer that students really write, and the question that makes them see it.

    Args:
        id, hint: its name, and the question.
        wrong: the wrong answer, where it is a function or class of its own.
        edits: pieces of the reference answer's code, each found in it exactly once, and what stands in their place.
    """

    def __init__(
        self, id: str, hint: str, wrong: Callable[..., Any] | None = None, edits: Mapping[str, str] | None = None
    ) -> None:
        self.id, self.hint, self.edits = id, hint, edits
        self.define: Callable[[], Callable[..., Any]] | None = None  # of the lesson that loads it, where it is an edit
        self._wrong = wrong

    @property
    def answer(self) -> Callable[..., Any]:
        """The wrong answer; of an edit, made when it is first asked for."""
        if self._wrong is None:
            assert self.define is not None, "load_lesson tells an edit which answer it changes"
            self._wrong = self.define()
        return self._wrong


class Exercise:
    """How one graded name is tested.

    Args:
        name: the graded name; its answer cell has this id, its test cell `test_<name>`.
        properties: what must hold, in the order in which it is told.
        axes: what the axes of a returned array mean, for messages: ("sequence", "step", "unit").
        forbidden: the library's versions of what is to be written ("torch.nn.RNN"): an answer that calls one
            earns nothing.
        answer: the right answer, where the lesson's cell does not hold it (a `debug` cell shows a wrong program).
    """

    def __init__(
        self,
        name: str,
        *properties: Property,
        axes: tuple[str, ...] = (),
        forbidden: tuple[str, ...] = (),
        answer: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.properties = properties
        self.axes = axes
        self.forbidden = forbidden
        self.answer = answer
        self.mistakes: list[Mistake] = []
        self.right_answers: list[Callable[..., Any]] = []

    def with_properties(self, properties: Iterable[Property]) -> "Exercise":
        """Return the same exercise with other properties."""
        changed = copy.copy(self)
        changed.properties = tuple(properties)
        return changed

    def mistake(
        self, id: str, edits: Mapping[str, str] | None = None, *, hint: str
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a known mistake; the hint asks a question and does not hand over the code.

            rnn_step.mistake("no_bias", {" + b_h": ""}, hint="Three terms stand inside the tanh. How many do you add?")

        Without `edits` it is a decorator of the wrong answer.
        """
        if id in (mistake.id for mistake in self.mistakes):
            raise ExerciseError(f"{self.name}: two known mistakes are called {id!r}; give each its own id")
        mistake = Mistake(id, hint, edits=edits)
        self.mistakes.append(mistake)

        def register(wrong: Callable[..., Any]) -> Callable[..., Any]:
            if edits is not None:
                raise ExerciseError(f"{self.name}: {id!r} is an edit of the reference answer, and decorates nothing")
            mistake._wrong = wrong
            return wrong

        return register

    def right_answer(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """Register another right answer: it must score in full."""
        self.right_answers.append(answer)
        return answer


@dataclass(frozen=True)
class Question:
    """One question of a lesson's pop quiz. Every wrong choice is explained too.

    Args:
        text: the question (Markdown is not rendered: plain text, Unicode for symbols).
        right: the right choice.
        because: why it is right.
        wrong: each wrong choice and what it overlooks.
    """

    text: str
    right: str
    because: str
    wrong: Mapping[str, str]


class ReferenceAnswers:
    """The reference answers of one lesson as attributes, loaded when the first is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        namespace = reference_namespace(self._folder)
        if name not in namespace:
            raise AttributeError(f"{self._folder.name} defines no {name!r} in its answer or given cells")
        return namespace[name]


def reference_answers(exercises_file: str) -> ReferenceAnswers:
    """Return the reference answers of the lesson that `exercises_file` (pass `__file__`) belongs to."""
    return ReferenceAnswers(Path(exercises_file).resolve().parent)
