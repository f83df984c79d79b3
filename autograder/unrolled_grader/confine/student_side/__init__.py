"""What runs beside a student's code, inside the confinement.

This package is shown to the student process alone, so it imports nothing of the grader's: only the standard
library, numpy, IPython and `unrolled`. The trusted side imports only `wire` and constants from here.
"""
