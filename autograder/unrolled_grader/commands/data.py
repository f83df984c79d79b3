"""`unrolled data [list | get [NAME ...] [--lesson LESSON] [--optional] | verify]`: the data kept on this machine."""

import argparse
import sys

from unrolled.data import DataError, DataSet, data_folder, data_set, data_sets, fetch, used_by
from unrolled.data.store import kept_file, read_kept


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1 where data could not be had or is not whole."""
    parser = argparse.ArgumentParser(prog="unrolled data", description=__doc__)
    verbs = parser.add_subparsers(dest="action", metavar="ACTION")
    verbs.add_parser("list", help="what there is, and what is kept here (default)")
    get = verbs.add_parser("get", help="download what is not kept yet; without names, all but the optional")
    get.add_argument("names", nargs="*", metavar="NAME", help="for example film_sentences")
    get.add_argument("--lesson", help="what this lesson needs, for example 01_ngrams")
    get.add_argument("--optional", action="store_true", help="optional data sets too")
    verbs.add_parser("verify", help="check what is kept against the catalogue")
    options = parser.parse_args(arguments)
    try:
        if options.action == "get":
            return get_data(options.names, options.lesson, options.optional)
        return verify() if options.action == "verify" else show()
    except DataError as error:
        print(f"unrolled data: {error}", file=sys.stderr)
        return 1


def show() -> int:
    """Print one line for each data set."""
    entries = data_sets().values()
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        lessons = " ".join(lesson.split("_")[0] for lesson in entry.lessons)
        optional = ", optional" if entry.optional else ""
        print(
            f"{entry.name:<{width}}  {state(entry):<8} {entry.rows:>7,} rows  {entry.size / 1e6:5.1f} MB  "
            f"lessons {lessons}: {entry.title}{optional}"
        )
    print(f"Kept in {data_folder()}; `unrolled data get NAME` downloads what is not.")
    return 0


def get_data(names: list[str], lesson: str | None, optional: bool) -> int:
    """Download what is wanted and not kept, and say so."""
    wanted = [*names, *(used_by(lesson, optional) if lesson else [])]
    if not names and not lesson:
        wanted = [entry.name for entry in data_sets().values() if optional or not entry.optional]
    for name in dict.fromkeys(wanted):
        entry = data_set(name)
        print(f"{name}: {'downloaded' if fetch(name) else 'is kept already'} ({entry.rows:,} rows)", flush=True)
    if not wanted:
        print(f"The lesson {lesson} needs no data by itself (`unrolled data list` shows which lessons do).")
    return 0


def verify() -> int:
    """Read all that is kept; damaged files are named, and mended by `get`."""
    damaged = 0
    for entry in data_sets().values():
        found = state(entry)
        damaged += found == "damaged"
        print(f"{entry.name}: {found}" + (f", {kept_file(entry)}" if found != "not here" else ""))
    if damaged:
        print("`unrolled data get` downloads damaged data again.", file=sys.stderr)
    return 1 if damaged else 0


def state(entry: DataSet) -> str:
    """Return `kept`, `damaged` or `not here`."""
    if not kept_file(entry).is_file():
        return "not here"
    return "damaged" if read_kept(entry) is None else "kept"
