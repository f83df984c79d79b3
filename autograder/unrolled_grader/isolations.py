"""How student code may be confined, by name; see `confine.isolation`."""

ISOLATIONS = ("auto", "bubblewrap", "container", "none")
