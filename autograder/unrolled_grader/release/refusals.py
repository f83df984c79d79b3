"""Why a lesson that students have handed in already was not released again."""


class CellsInUse(RuntimeError):
    """Cells that hold students' points are gone from the lesson; the message says which, and what to do."""


refusals: list[CellsInUse] = []  # those of this process: nbgrader's converter logs an exception, and raises another
