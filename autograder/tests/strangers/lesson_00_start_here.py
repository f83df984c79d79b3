"""Answers to lesson 00 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import itertools

import numpy as np

from strangers.kinds import right, wrong


@wrong("00_start", "running_total", "in_place")
def total_in_place(x):
    for i in range(1, len(x)):
        x[i] += x[i - 1]
    return x


@wrong("00_start", "running_total", "a_list")
def total_as_list(x):
    total, out = 0, []
    for v in x:
        total += v
        out.append(total)
    return out


@wrong("00_start", "running_total", "one_step_late")
def total_before_the_step(x):
    out = np.zeros_like(x)
    for i in range(1, len(x)):
        out[i] = out[i - 1] + x[i - 1]
    return out


@right("00_start", "running_total")
def total_by_accumulate(x):
    return np.fromiter(itertools.accumulate(x), dtype=x.dtype, count=len(x))


right("00_start", "running_total")(np.add.accumulate)
