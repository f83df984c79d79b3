"""A template that processes share: does it serve its clients, and do their student processes end with them?"""

import subprocess
import sys
import textwrap
from dataclasses import asdict

from process_tree import alive, gone

from unrolled_grader.confine.shared_template import Offer, RemoteTemplate, TemplateServer


def test_student_processes_end_with_the_grader_that_started_them(lent):
    program = textwrap.dedent("""
        import json, sys
        from unrolled_grader.confine import Limits
        from unrolled_grader.confine.shared_template import Offer, RemoteTemplate
        told = json.loads(sys.argv[1])
        student = RemoteTemplate(Offer(told["address"], told["isolation"], Limits(**told["limits"]))).start()
        print(student.pid, flush=True)
        student.run_cell("while True: pass")
    """)
    with subprocess.Popen([sys.executable, "-c", program, lent], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        student = int(grader.stdout.readline())
        assert alive({student})
        grader.kill()
    assert gone({student})


def test_a_borrowed_template_is_the_lenders(template):
    with TemplateServer(template) as lender:
        borrowed = RemoteTemplate(Offer(**{**asdict(lender.offer), "limits": template.limits}))
        with borrowed.start({"a.txt": b"beside"}) as student:
            assert student.run_cell("kept = open('a.txt').read()").error is None
            assert student.fetch("kept") == "beside"
        borrowed.close()
    with template.start() as student:
        assert student.run_cell("1").error is None, "what is lent stays open"
