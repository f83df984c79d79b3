"""A class run as a program of its own, for tests that kill it: `python class_child.py OFFER LIMIT [OPTIONS]`.

OFFER is the JSON of a lent template, so that starting takes no template's warming; LIMIT is how many bytes a file may
have (0: as many as you like). The working folder is the course.
"""

import json
import resource
import sys

from unrolled_grader.classroom import crew
from unrolled_grader.classroom.command import run
from unrolled_grader.confine import Limits
from unrolled_grader.confine.lend import BorrowedTemplate, Offer

if __name__ == "__main__":
    offer, limit, *options = sys.argv[1:]
    told = json.loads(offer)
    lent = BorrowedTemplate(Offer(told["address"], told["isolation"], Limits(**told["limits"])))
    crew.open_template = lambda isolation, limits: lent
    crew.FEW = 10**6
    if int(limit):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    sys.exit(run(options))
