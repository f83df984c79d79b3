"""An ordinary course, as instructors write them who never heard of this grader; graded by stock nbgrader and by ours.

`assignments/ASSIGNMENT/NOTEBOOK.cells` holds a notebook as text, one entry for each idiom that instructors test with:
an answer that is right, one that is wrong, perhaps the blank one, and the test cells. What lies beside goes with it.

    python -m ordinary_course            # in autograder/tests: the table of what differs
    python -m ordinary_course --all      # every graded cell of every submission

- entries.py       reads a .cells file
- notebooks.py     makes nbgrader's source notebook of it
- submissions.py   who hands in what
- course.py        a course's folder, and nbgrader's commands run in it
- comparison.py    what the gradebooks say, side by side
"""
