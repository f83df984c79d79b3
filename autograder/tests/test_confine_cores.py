"""Does a student process stay on the processors of the thread that grades it?"""

import os
import threading

import pytest

from unrolled_grader.confine import cores

WHERE = "import os\nwhere = sorted(os.sched_getaffinity(0))"


def test_a_student_process_runs_where_the_thread_that_asked_for_it_may(template):
    every = cores.available()
    found = {}

    def ask(processor: int | None) -> None:
        if processor is not None:
            cores.keep_this_thread_on([processor])
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
    cores.keep_this_thread_on([5000])
    cores.keep_beside_this_thread(2**22 - 1)
    assert os.sched_getaffinity(0) == before


def test_a_student_process_cannot_leave_its_share(student):
    student.run_cell(
        "import os, threading\n"
        "def spread():\n"
        "    try: os.sched_setaffinity(0, range(os.cpu_count()))\n"
        "    except PermissionError: refused.append(threading.get_ident())\n"
        "refused = []\n"
        "spread()\n"
        "thread = threading.Thread(target=spread); thread.start(); thread.join()\n"
        "refused = len(refused)"
    )
    assert student.fetch("refused") == 2


@pytest.mark.parametrize("number", range(1, 9))
def test_the_shares_are_disjoint_and_use_every_processor_there_is(number, monkeypatch):
    monkeypatch.setattr(cores, "available", lambda: [0, 1, 2, 5, 7])
    shares = cores.shares(number)
    assert len(shares) == number
    if number <= 5:
        assert sorted(sum(shares, [])) == [0, 1, 2, 5, 7]
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    else:
        assert shares == [[]] * number
