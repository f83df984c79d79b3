"""Times grading, checks, lessons and the import on this machine: `unrolled bench`."""
