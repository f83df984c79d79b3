# The course's commands. `make lab` is all a student needs; `make` alone lists the rest.
# Everything is installed into .venv; a user's own Jupyter settings and packages stay out.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-in
JUPYTER_FILES := $(wildcard utils/jupyter/*.py utils/jupyter/labconfig/*.json)

# Options for JupyterLab: make lab LAB_OPTIONS="--port=9000 --no-browser"
LAB_OPTIONS :=
# The lesson that `make update` takes over
LESSON :=
# Options for pytest: make test TESTS="tests -k browser"
TESTS :=
# How many processes run tests: make test JOBS=1
JOBS := auto
# How long each of four readers is fuzzed: make fuzz FUZZ_SECONDS=600
FUZZ_SECONDS := 60
# The index of PyTorch's CPU builds (its install page names it), for Linux: make setup TORCH_INDEX=URL
TORCH_INDEX :=

TORCH := $(shell sed -n 's/^torch==//p' requirements.lock)

# alembic and jupyter are started by name, from the environment
export PATH := $(CURDIR)/$(BIN):$(PATH)
export JUPYTER_CONFIG_DIR := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.cache/jupyter/data
export IPYTHONDIR := $(CURDIR)/.cache/ipython
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport JUPYTER_CONFIG_PATH JUPYTER_PATH JUPYTER_RUNTIME_DIR PYTHONPATH PYTHONHOME

PARTS := check-style check-format check-types check-notebooks check-pages check-exercises check-mutants
.PHONY: $(PARTS) help setup lab look update teach test check build release pages site bundle demo bench fuzz lock moved
help:
	@echo "make lab      open the course in JupyterLab (sets it up the first time)"
	@echo "make update   take a mended lesson over, with your answers kept: make update LESSON=02"
	@echo "make teach    the same with Formgrader, for instructors"
	@echo "make setup    install everything into $(VENV)"
	@echo "make test     build the lessons and run every test"
	@echo "make check    style, types, stale notebooks and pages, exercises and their mutants, leaked answers"
	@echo "make build    make nbgrader's source notebooks and check tables from solutions/*/*.py"
	@echo "make release  make the students' notebooks"
	@echo "make pages    make the glossary, indexes and table of claims in notebooks/reference"
	@echo "make site     the course as a static site in build/site, which opens without a network"
	@echo "make bundle   zip the course for students"
	@echo "make demo     the whole loop with a class of made-up students"
	@echo "make bench    time grading, checks and lessons on this machine"
	@echo "make fuzz     change what students may send, at random, for FUZZ_SECONDS each, and look for what breaks"
	@echo "make lock     choose the newest packages and write requirements.lock"

setup: $(STAMP)

# A copied or moved folder still points to where it was installed: install again.
ifneq ($(shell cat "$(STAMP)" 2>/dev/null),$(CURDIR))
$(STAMP): moved
endif

$(STAMP): requirements.lock pyproject.toml $(JUPYTER_FILES)
	@sh utils/setup/install.sh "$(VENV)" "$(TORCH)" "$(TORCH_INDEX)"
	@printf '%s\n' "$(CURDIR)" > "$(STAMP)"

# Students work in copies of the released lessons, so that opening one does not change what git keeps. The pages of
# notebooks/reference are only read, and link to these copies: they are laid out anew each time. A learner's JupyterLab
# shows nothing of what teachers use: utils/jupyter/learner.
lab: setup look
	@$(BIN)/python -m unrolled.copies
	@JUPYTER_CONFIG_PATH="$(CURDIR)/utils/jupyter/learner" $(BIN)/python -m jupyter lab $(LAB_OPTIONS)

look:
	@mkdir -p "$(JUPYTER_CONFIG_DIR)/custom" && cp utils/jupyter/custom/custom.css "$(JUPYTER_CONFIG_DIR)/custom"
	@mkdir -p "$(IPYTHONDIR)/profile_default/startup" && cp utils/jupyter/startup.py "$(IPYTHONDIR)/profile_default/startup"

# A lesson that was mended, taken over with the student's answers: make update LESSON=02
update: setup
	@$(BIN)/python -m unrolled.copies --update "$(LESSON)"

# The same course with Formgrader and Create Assignment.
teach: setup look
	@$(BIN)/python -m unrolled.copies
	@$(BIN)/python -m jupyter lab $(LAB_OPTIONS)

# Tests start makes of their own, which are no part of this one. How they are dealt out: autograder/tests/conftest.py.
test: build
	@env -u MAKELEVEL -u MAKEFLAGS $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS)

# Every part runs, also after one that failed; two at a time, as one may keep one processor busy only.
check: setup
	@$(MAKE) --no-print-directory --keep-going -j2 $(PARTS)

check-style:
	@$(BIN)/ruff check .

check-format:
	@$(BIN)/ruff format --check --quiet . || { echo "Run \`ruff format .\`"; exit 1; }

check-types:
	@$(BIN)/mypy

check-notebooks:
	@$(BIN)/unrolled build --check

check-pages:
	@$(BIN)/unrolled pages --check

check-exercises:
	@$(BIN)/unrolled exercises

check-mutants:
	@$(BIN)/unrolled exercises --mutants

build release pages site bundle demo bench: setup
	@$(BIN)/unrolled $@

fuzz: setup
	@cd autograder/tests && $(CURDIR)/$(BIN)/python -m fuzz --seconds $(FUZZ_SECONDS)

lock: setup
	@sh utils/setup/lock.sh
