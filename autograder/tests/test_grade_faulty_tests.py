"""Is a test called faulty only where it is?"""

from grade_course import make_course

from unrolled_grader.grade.assignment import load_assignment
from unrolled_grader.grade.faulty_tests import FaultyTests


def test_a_debug_cells_reference_may_have_another_name(tmp_path):
    paths = make_course(tmp_path).paths  # its reference of debug_mean is a lambda
    tests = FaultyTests(load_assignment(paths.folder, paths.released, seed=1))
    assert tests.fault("test_debug_mean") is None
    assert tests.fault("test_scale") is None
