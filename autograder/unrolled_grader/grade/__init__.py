"""Two-process grading through nbgrader: read and repair a submission, run it confined, judge it, record it."""
