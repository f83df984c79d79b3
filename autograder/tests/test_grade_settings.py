"""Are the settings ones that Formgrader can write out, and is each name in them there?"""

import json
from typing import Any

from traitlets.config import Config
from traitlets.utils.importstring import import_item

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
    assert [name.replace("SaveLessonCells", "SaveCells") for name in ours] == stock
