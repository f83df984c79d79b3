"""A made-up class: what it hands in, and the whole course run on it, from release to feedback."""
