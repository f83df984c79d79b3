"""Is a test called faulty only where it is?"""

from grade_course import make_course

from unrolled_grader.grade.faulty_tests import find_faults
from unrolled_grader.grade.load import load_assignment


def test_a_debug_cells_reference_may_have_another_name(tmp_path):
    paths = make_course(tmp_path).paths  # its reference of debug_mean is a lambda
    assert find_faults(load_assignment(paths.folder, paths.released, seed=1)) == {}
