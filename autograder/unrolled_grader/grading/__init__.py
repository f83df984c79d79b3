"""Pure grading: bytes of a submission in, points and reasons out. No gradebook, no nbgrader application, no cluster."""
