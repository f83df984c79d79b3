"""Pages for the whole course, generated from its lessons into notebooks/reference: one module a page."""
