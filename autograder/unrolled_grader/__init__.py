"""The instructor's side of Unrolled: build lessons, release them, confine student code, grade and report."""
