"""Where nbgrader calls Unrolled: the classes that a course's nbgrader_config.py names."""
