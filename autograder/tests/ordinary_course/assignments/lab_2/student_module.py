"""Students change this file and hand it in."""

VERSION = "the instructor's"
