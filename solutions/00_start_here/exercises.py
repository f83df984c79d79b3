"""How the warm-up of 00_start_here is tested, and the quiz that shows what quizzes look like."""

import numpy as np

from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question
from unrolled_grader.properties import keeps_dtype, leaves_arguments_alone, values


def sequences(rng):
    return [Case(rng.normal(size=T), label=f"{T} steps") for T in (3, 8, 20)]


def one_step(rng):
    return [Case(rng.normal(size=1) + 2.0)]


def whole_numbers(rng):
    return [Case(rng.integers(-9, 10, size=6))]


running_total = Exercise(
    "running_total",
    values(sequences, weight=4, advice="Write out by hand what it should return for [2, 1, 4], step by step."),
    Property(
        "one step", one_step, advice="With a single number there is nothing before it. What is its total?", side=True
    ),
    Property(
        "whole numbers",
        whole_numbers,
        comparison={**EXACT, "dtype": True},
        advice="Whole numbers in, whole numbers out: np.zeros makes floats, np.zeros_like(x) does not.",
    ),
    keeps_dtype(sequences),
    leaves_arguments_alone(sequences),
    axes=("step",),
)

running_total.mistake("no_memory", {
    "totals = np.zeros_like(x)\n    total = 0\n    for t in range(len(x)):\n        total = total + x[t]\n        totals[t] = total\n    return totals\n": "return x.copy()\n",
}, hint="Each step returns only its own number. What should it have kept from before?")
running_total.mistake("a_list", {"np.zeros_like(x)": "[0] * len(x)"},
    hint="The totals are right, in a list. An array in the dtype of x is asked for: which function makes one?")
running_total.mistake("total_only", {
    "totals = np.zeros_like(x)\n    total = 0\n    for t in range(len(x)):\n        total = total + x[t]\n        totals[t] = total\n    return totals\n": "return x.sum()\n",
}, hint="That is the last total alone. What was the total after each earlier step?")
running_total.mistake("one_step_late", {
    "total = 0\n    for t in range(len(x)):\n        total = total + x[t]\n        totals[t] = total": "totals[1:] = np.cumsum(x)[:-1]",
}, hint="Each total stops one step short. Do you store it before you add to it?")
running_total.mistake("mean", {
    "totals = np.zeros_like(x)\n    total = 0\n    for t in range(len(x)):\n        total = total + x[t]\n        totals[t] = total\n    return totals\n": "return np.cumsum(x) / np.arange(1, len(x) + 1)\n",
}, hint="These are averages. Does anything in the formula divide?")
running_total.mistake("two_steps", {
    "np.zeros_like(x)\n    total = 0\n    for t in range(len(x)):\n        total = total + x[t]\n        totals[t] = total": "x.copy()\n    totals[1:] += x[:-1]",
}, hint="Only the step just before is added. How does what came earlier get in?")
running_total.mistake("backwards", {
    "totals = np.zeros_like(x)\n    total = 0\n    for t in range(len(x)):\n        total = total + x[t]\n        totals[t] = total\n    return totals\n": "return np.cumsum(x[::-1])[::-1]\n",
}, hint="The totals run from the end to the start. Where do they begin on paper?")
running_total.mistake("in_place", {
    "totals = np.zeros_like(x)\n    total = 0\n    ": "",
    "len": "1, len",
    "total = total + x[t]\n        totals[t] = total\n    return totals": "x[t] += x[t - 1]\n    return x",
}, hint="The numbers are right, but x was overwritten. Where else can they go?")


@running_total.right_answer
def running_total_by_numpy(x):
    return np.cumsum(x)


@running_total.right_answer
def running_total_from_the_last(x):
    totals = x.copy()
    for t in range(1, len(totals)):
        totals[t] += totals[t - 1]
    return totals


@running_total.right_answer
def running_total_by_matrix(x):
    return np.tri(len(x), dtype=x.dtype) @ x


quiz = [
    Question(
        "What does check() do when your answer is wrong?",
        right="It says what is wrong first, and where to look.",
        because="You get one thing to mend at a time, and a question where your answer resembles a known mistake.",
        wrong={
            "It shows the right answer and compares it with yours.": "It never does. Hints come close, one after "
            "the other, and you open them.",
            "It takes points off, fewer the nearer you are.": "Nothing is counted while you work. Points are given "
            "once, after you hand in.",
        },
    ),
    Question(
        "The same numbers are added in another order. Which part of running_total(x) stays the same?",
        right="The last entry alone: all are added up.",
        because="The last total is the sum of all numbers, whatever their order. Every earlier one depends on it.",
        wrong={
            "All of it: the numbers are the same.": "The first entry is the first number, so it already "
            "depends on the order.",
            "None of it, as every step is another.": "The last entry is the sum of all numbers, and a sum does not "
            "depend on their order.",
        },
    ),
]
