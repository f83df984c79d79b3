"""A made-up class: what it hands in, and the whole loop run on it, from release to feedback (`unrolled demo`)."""
