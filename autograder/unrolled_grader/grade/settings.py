"""`configure(c)` under the name that courses set up with version 0.1 have in their nbgrader_config.py."""

from unrolled_grader.nbgrader_plugin.settings import configure

__all__ = ["configure"]
