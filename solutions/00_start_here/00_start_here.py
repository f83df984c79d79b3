# %% [markdown]
# # Start here
#
# This course is about *recurrent neural networks*: networks that read a sequence one piece at a time and remember
# what they have read. You will build them from a few lines of NumPy, and you will see what they can do, where they
# fail, and what was invented to mend that. At the end you will translate sentences and know why it works.
#
# You need to write Python (functions, classes, loops, dictionaries), to multiply matrices, and from lesson 04 on to know
# what a derivative is and the chain rule for it. You need some NumPy from lesson 02 on and some PyTorch from lesson 03
# on: `00_tools`, the page after this one, shows in twenty minutes what of them the course uses. You do not need to have
# trained a network before.
#
# **After this page you can**
#
# - run a lesson's cells and see that your installation works,
# - write an answer, check it, and use what the check says,
# - use hints and quizzes,
# - hand in a lesson.
#
# It takes about 15 minutes.

# %% [markdown]
# ## 1. How to run a cell
#
# A lesson is a *notebook*: a column of cells. Some hold text, like this one. Others hold Python. Click on a cell and
# press **Shift + Enter**. It runs, and the next cell is selected. What it prints stands under it.
#
# A lesson is meant to be run from top to bottom, because later cells use what earlier ones define. If something
# seems odd, choose *Run → Restart Kernel and Run Up to Selected Cell* in the menu. Python then starts afresh.
#
# The figures that stand in a lesson before you run anything were drawn with the course's own answers. When you run a
# cell, your own take their place. A cell that needs an answer which you have not written yet says which one, in a line,
# and shows the course's figure again. So you can read a lesson first, and nothing stops you where you are stuck.
#
# Run the next cell now. It gets things ready for the others. Cells like this one cannot be edited, and need not be.
#
# You need not read all the code. Cells that only draw or measure are folded: in their place stands a bar with one line,
# which says what you will see. Run them like any other cell; a click on the bar opens them. Each lesson says at its head
# which of the other cells are worth reading.

# %% role="given" id="setup"
import numpy as np

from unrolled import check, quiz

# %% [markdown]
# ## 2. Does everything work?
#
# The next cell looks at your installation. If a line says `NO`, it also says what to do.

# %% role="demo" id="self_test"
from unrolled.self_test import self_test

self_test()

# %% [markdown]
# ## 3. Figures that move
#
# Many figures have sliders. Here a memory is struck once, at step 3. At every later step it keeps a part of what it
# had: with `kept = 0.8`, four fifths. Move the slider. How much must be kept for the memory to last to step 30? And
# what happens at exactly 1?
#
# Where sliders cannot run, on a printed page for example, the figure stands alone, as it was last drawn.

# %% role="demo" id="fading_memory" jupyter={"source_hidden": true}
# A memory that is struck once: choose how much of it is kept
from unrolled.plots import new_figure
from unrolled.widgets import explore, slider


def draw_memory(kept):
    memory = [0.0]
    for step in range(1, 31):
        memory.append(kept * memory[-1] + (step == 3))
    figure, axes = new_figure()
    axes.stem(range(31), memory, basefmt=" ")
    axes.set(
        xlabel="step",
        ylabel="memory",
        ylim=(0, 1.1),
        title=f"At each step {kept:.2f} of the memory is kept",
    )
    return figure


explore(
    draw_memory,
    alt=(
        "A memory is zero, jumps to 1 at step 3, and fades: 0.8 at step 4, 0.33 at step 8, near"
        " zero by step 20."
    ),
    kept=slider(0.0, 1.0, 0.05, start=0.8),
)

# %% [markdown]
# ## 4. Your first exercise
#
# Adding up a list is the simplest thing that needs a memory. You carry one number, the total so far. At each step
# you add the new number to it:
#
# $$ s_t = s_{t-1} + x_t, \qquad s_0 = 0 $$
#
# Written out for three numbers, one step after the other, this is the picture that gives the course its name. The
# loop is *unrolled*:
#
# ```
#          x₁               x₂               x₃
#          ↓                ↓                ↓
# 0 ───→ [ + ] ─── s₁ ──→ [ + ] ─── s₂ ──→ [ + ] ─── s₃ ──→
# ```
#
# A recurrent network has the same shape. Only the box in the middle is richer.
#
# **Write `running_total(x)`.** It is given an array `x` of shape `(T,)` and returns an array of the same shape. Its
# entry at step `t` is the sum of `x` up to and including step `t`. So `[2, 1, 4]` becomes `[2, 3, 7]`.
#
# Replace the line `raise NotImplementedError()` with your own, run the cell, then run the one below it. Try a wrong
# answer first, `return x` for example, to see what the check does with it.
#
# <details><summary>Hint 1: where to begin</summary>
#
# Make room for the answer with `np.zeros_like(x)`. Then go through `x` with a `for` loop and keep the total in a
# variable that lives outside the loop.
#
# <details><summary>Hint 2: the line inside the loop</summary>
#
# First add `x[t]` to the total, and only then write the total into the answer at `t`.
#
# <details><summary>Hint 3: almost all of it</summary>
#
# Before the loop, `total = 0`. In the loop, two lines: one that makes `total` larger by `x[t]`, one that stores it.
# After the loop, return the array. NumPy also has a function that does all this at once, and you may use it.
#
# </details></details></details>


# %% role="answer" id="running_total"
def running_total(x):
    """The sum of x up to and including each step.

    Args:
        x: (T,)

    Returns:
        (T,), in the dtype of x. x itself stays as it is.
    """
    ### BEGIN SOLUTION
    totals = np.zeros_like(x)
    total = 0
    for t in range(len(x)):
        total = total + x[t]
        totals[t] = total
    return totals
    ### END SOLUTION


# %% role="test" id="test_running_total" points=2
check(running_total)

# %% [markdown]
# ## 5. What a check tells you
#
# `check(running_total)` calls your function on a number of inputs and compares. It works without a network
# connection and takes less than a second. It looks at these things, in this order:
#
# 1. the **shape** of what you return,
# 2. its **dtype**, the kind of number,
# 3. the **values**,
# 4. further **properties**: a sequence of one step, an argument that must stay unchanged, and so on.
#
# It tells you the first thing that is wrong. If your answer behaves like a mistake that many people make, it asks a
# question that leads you to it. It never shows the answer.
#
# Each property is worth a part of the points, so an answer that is nearly right earns nearly all of them. When your
# work is graded, the same check runs again on other inputs. An answer that only knows the inputs of this notebook
# earns nothing then.
#
# Where your code raises an exception, the check shows the line of your cell. To try an answer by hand on the smallest
# input that it gets wrong, run `x = failing(running_total)` in a cell of your own, look at `x`, and call
# `running_total(*x)`. An answer that runs for more than 20 seconds is stopped, and told where it was.
#
# You can check as often as you like. Nobody sees how often you tried. What passes is noted in a small file of your own,
# which is never handed in: the page *Where am I?*, linked at the head and at the end of each lesson, shows it with links
# to what comes next.
#
# Some releases also lend answers. There `borrow("running_total")` goes on with the course's version, which counts for
# nothing, and `solution("running_total")` explains the worked answer once yours has passed.

# %% [markdown]
# **Hints** stand under most exercises. Each one gives away a little more than the last. Open the first, close it, and
# try again before you open the second. That short struggle is where most of the learning happens.
#
# Every lesson also has one program with a mistake in it for you to **debug**. You mend it and check it in the same
# way.

# %% [markdown]
# ## 6. Questions that a person reads
#
# A few questions want a sentence or two. A person reads and grades them. Double-click the cell below, write your
# answer in place of the text that stands there, and press Shift + Enter.
#
# **In `running_total`, what does the program carry from one step to the next? And what does it forget?**

# %% [markdown] role="written" id="written_what_is_carried" points=1
# ### BEGIN SOLUTION
# It carries one number, the total so far. It forgets the numbers themselves and their order: 2, 1, 4 and 4, 2, 1 end
# in the same total.
# ### END SOLUTION

# %% [markdown]
# ## 7. Quizzes
#
# Each lesson ends with a short quiz. Click on any choice to see whether it is right and why. The wrong ones are worth
# reading too. Quizzes are not graded. A question whose first answer was wrong is asked once more, a day or more later,
# at the end of another lesson.

# %% role="demo" id="quiz"
quiz()

# %% [markdown]
# ## 8. Handing in
#
# 1. Press **Validate** in the bar above the notebook. All cells run in a fresh Python, and you are told which checks
#    fail and which questions are still unanswered. This also finds answers that work only because of a cell you have
#    deleted since.
# 2. Save the notebook: **Ctrl + S**, or **⌘ + S** on a Mac.
# 3. Open **Nbgrader → Assignment List** in the menu. A lesson that your instructor has released stands there. Under
#    *Released assignments*, press **Fetch** to get it. Under *Downloaded assignments* it is on your disk already: work
#    in that copy, and press **Submit** beside it when you are done. You may submit again until the deadline, and the
#    last one counts.
# 4. After grading, **Fetch Feedback** in the same list brings back your points, with a reason for each point that is
#    missing.
#
# If your JupyterLab has no *Nbgrader* menu, or nothing is released there, send the notebook's file in the way that
# your instructor asks for. The checks work all the same.
#
# Do not rename the notebook, and leave the locked cells where they are. If a notebook is broken beyond repair, rename
# its folder and fetch the lesson again. Nothing that you do in a notebook can break the course.

# %% [markdown]
# ## 9. How to get the most out of it
#
# - Take the lessons in their order. Each one mends a defect of the one before.
# - The times at the heads of the lessons are reckoned, not measured with readers: about 90 words a minute, a little for
#   the code that stands open, and for an exercise five minutes and a minute and a half for each line of the course's
#   answer. If you need twice as long, nothing is wrong.
# - Guess before you run a cell. A wrong guess teaches more than a right one that you did not make.
# - Write down the shape of every array. Most mistakes in this field are mistakes of shape.
# - The symbols are the same everywhere: `N` sequences in a batch, `T` steps, `D` numbers at each step, `H` numbers
#   of memory, `V` words or classes. An array of sequences has shape `(N, T, D)`.
#
# Go on with `00_tools`, or, if NumPy and PyTorch are old friends, with `01_ngrams`, where we see how far plain counting
# takes us.
