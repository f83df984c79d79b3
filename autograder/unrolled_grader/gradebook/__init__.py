"""The one room that knows the tables of nbgrader's gradebook."""
