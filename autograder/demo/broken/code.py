"""Code that loops, exits, floods the output or deletes names. The answers are right, or cost only their exercise."""

import nbformat

from demo.broken.case import Work, changed


def _above_everything(work: Work, text: str) -> None:
    """Put a cell of the student's own at the top, which runs before all others."""
    work.cells.insert(0, nbformat.v4.new_code_cell(text, id="own"))


@changed("graded", lost="the answer", shown=True)
def syntax_error(work: Work) -> None:
    work.write(work.answer, f"def {work.answer}(:\n    return")


@changed("graded", lost="the answer")
def tabs_and_spaces_mixed(work: Work) -> None:
    work.write(work.answer, f"def {work.answer}(x):\n        y = x\n\treturn y")


@changed("graded", lost="the answer")
def an_answer_under_another_name(work: Work) -> None:
    work.write(work.answer, f"def {work.answer.title()}(*args):\n    return None")


@changed("graded", lost="the answer")
def a_later_cell_gives_the_name_to_something_else(work: Work) -> None:
    work.cells.insert(work.cells.index(work.cell(work.its_test)), nbformat.v4.new_code_cell(f"{work.answer} = 3"))


@changed("graded", lost="the answer")
def the_name_is_deleted_again(work: Work) -> None:
    work.write_below(f"del {work.answer}")


@changed("graded", lost="the answer")
def an_answer_that_calls_itself_for_ever(work: Work) -> None:
    work.write(work.answer, f"def {work.answer}(*args):\n    return {work.answer}(*args)")


@changed("flagged", "should be there when grading", lost="the answer")
def an_answer_that_needs_a_package_nobody_has(work: Work) -> None:
    work.write(work.answer, "import a_package_that_nobody_has\n\n" + work.cell(work.answer).source)


@changed("flagged", "should be there when grading", lost="the answer")
def an_answer_that_reads_a_file_at_home(work: Work) -> None:
    work.write(work.answer, "open('/home/me/course/data.csv')\n\n" + work.cell(work.answer).source)


@changed("graded", lost="the answer")
def a_program_in_python_2(work: Work) -> None:
    work.write(work.answer, f"def {work.answer}(x):\n    print 'hello'\n    return x")


@changed("graded", lost="the answer")
def a_program_in_another_language(work: Work) -> None:
    work.write(work.answer, f"%%R\n{work.answer} <- function(x) sum(x)")


@changed("flagged", "cell {answer}: stopped after .* seconds", "the answer")
def an_endless_loop(work: Work) -> None:
    work.write(work.answer, "while True:\n    pass")


# so much at a time that output runs out before time does, on every machine
@changed("flagged", "cell {answer}: .*printed more than", "the answer")
def an_endless_loop_that_prints(work: Work) -> None:
    work.write(work.answer, "while True:\n    print('still here', 'x' * 1_000_000)")


@changed("flagged", "cell {answer}: .*it ended its own process", "the answer")
def an_answer_that_ends_the_process(work: Work) -> None:
    work.write(work.answer, "import os\nos._exit(0)")


@changed("graded")
def asks_for_input(work: Work) -> None:
    _above_everything(work, "name = input('Who are you? ')")


@changed("graded")
def exits_in_a_cell_of_its_own(work: Work) -> None:
    _above_everything(work, "import sys\nsys.exit('done')")


@changed("graded")
def warns_and_writes_to_the_error_stream(work: Work) -> None:
    text = "import sys, warnings\nwarnings.warn('look out')\nprint('oh', file=sys.stderr)"
    work.write_below(text)


@changed("graded")
def prints_fifty_thousand_lines(work: Work) -> None:
    work.write_below("for number in range(50_000):\n    print(number)")


@changed("graded")
def forgets_all_names_before_the_answer(work: Work) -> None:
    work.write(work.answer, f"%reset -f\nimport numpy as np\n{work.cell(work.answer).source}")
    for name in [cell["id"] for cell in work.cells]:
        if name in (work.test.removeprefix("test_"), work.given):
            work.write(work.answer, work.cell(work.answer).source + "\n\n" + work.cell(name).source)


@changed("graded")
def a_side_effect_on_files(work: Work) -> None:
    work.write_below("open('side_effect.txt', 'w').write('x' * 1000)\nimport os\nos.makedirs('a/b', exist_ok=True)")


@changed("graded")
def goes_to_another_folder(work: Work) -> None:
    work.write_below("import os\nos.chdir('/')")


@changed("graded")
def deletes_what_lies_beside_the_notebook(work: Work) -> None:
    work.write_below("import os, shutil\nfor name in os.listdir():\n    os.path.isfile(name) and os.remove(name)")


@changed("graded")
def changes_how_numpy_treats_errors(work: Work) -> None:
    work.write_below("import numpy as np\nnp.seterr(all='raise')\nnp.random.seed(0)\nnp.set_printoptions(precision=1)")


@changed("graded")
def magics_and_shell_commands(work: Work) -> None:
    work.write_below("!ls -a\n%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!a_program_nobody_has")


@changed("graded")
def figures_left_open(work: Work) -> None:
    text = "import matplotlib.pyplot as plt\nfor number in range(3):\n    plt.figure()\n    plt.plot([1, 2])"
    _above_everything(work, text)


@changed("graded")
def top_level_await(work: Work) -> None:
    work.write_below("import asyncio\nawait asyncio.sleep(0)")


@changed("graded")
def leaves_a_thread_running(work: Work) -> None:
    work.write_below("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()")
