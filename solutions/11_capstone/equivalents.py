"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {"Capstone": {"*": "what is judged is what a trained model scores: any model that scores enough is right"}}
