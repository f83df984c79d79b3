"""Does a student process stay on the processor of the thread that grades it?"""

import os
import threading

from unrolled_grader.confine import cores

WHERE = "import os\nwhere = sorted(os.sched_getaffinity(0))"


def test_a_student_process_runs_where_the_thread_that_asked_for_it_may(template):
    every = cores.available()
    found = {}

    def ask(processor: int | None) -> None:
        if processor is not None:
            cores.keep_this_thread_on(processor)
        with template.start() as student:
            student.run_cell(WHERE)
            found[processor] = student.fetch("where")

    for processor in (*every, None):
        thread = threading.Thread(target=ask, args=(processor,))
        thread.start()
        thread.join()
    assert found == {**{one: [one] for one in every}, None: every}


def test_what_cannot_be_moved_stays_where_it_is():
    before = os.sched_getaffinity(0)
    cores.keep_this_thread_on(5000)
    cores.keep_beside_this_thread(2**22 - 1)
    assert os.sched_getaffinity(0) == before
