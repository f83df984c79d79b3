"""Pages for the whole course, generated from its lessons into notebooks/reference: one module for each page."""
