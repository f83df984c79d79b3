"""Times grading, checks, lessons and the import of `unrolled` on this machine (`unrolled bench`)."""
