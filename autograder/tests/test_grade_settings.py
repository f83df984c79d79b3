"""Are the settings ones that Formgrader can write out, and is each name in them there?"""

import json
from typing import Any

import pytest
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from unrolled_grader.class_run.execute_confined import ExecuteConfined
from unrolled_grader.confine import Limits
from unrolled_grader.nbgrader_plugin.settings import configure


def configured() -> Config:
    config = Config()
    configure(config)
    return config


def names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [name for part in value.values() for name in names(part)]
    if isinstance(value, list):
        return [name for part in value for name in names(part)]
    return [value] if isinstance(value, str) else []


def test_formgrader_can_write_the_settings_out_as_json():
    assert json.loads(json.dumps(configured())) == configured()


def test_every_class_that_the_settings_name_is_there():
    assert len(names(configured())) > 15
    for name in names(configured()):
        assert import_item(name).__module__.startswith(name.rsplit(".", 1)[0])


def test_nbgraders_own_steps_of_making_an_assignment_are_all_taken():
    from nbgrader.converters import GenerateAssignment

    stock = [step.__name__ for step in GenerateAssignment.preprocessors.default_args[0]]
    ours = [name.rsplit(".", 1)[1] for name in configured().GenerateAssignment.preprocessors]
    assert [name.replace("SaveLessonCells", "SaveCells") for name in ours] == [*stock, "FinishNotebook"]


@pytest.mark.parametrize("name", ["Execute", "ExecutePreprocessor", "NotebookClient"])
def test_a_time_limit_counts_by_whichever_name_nbgrader_takes_it(name):
    def limits(timeout):
        return ExecuteConfined(config=Config({name: {"timeout": timeout}})).limits

    assert (limits(5).cell_seconds, limits(5).notebook_seconds) == (5, Limits.notebook_seconds)
    assert limits(1800).notebook_seconds > 1800, "one such cell is not the end of the notebook"
    assert limits(-1).cell_seconds == limits(None).cell_seconds == Limits.notebook_seconds


def test_of_several_time_limits_the_most_special_counts():
    config = Config({"Execute": {"timeout": 7}, "ExecutePreprocessor": {"timeout": 9}})
    assert ExecuteConfined(config=config).cell_seconds == 7
    config.ExecuteConfined.cell_seconds = 11
    assert ExecuteConfined(config=config).cell_seconds == 11
    assert ExecuteConfined(config=Config()).limits == Limits()
