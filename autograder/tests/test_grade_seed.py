"""Is the seed of the hidden inputs drawn once, kept, and never one whose inputs a student has?"""

import json
from concurrent.futures import ProcessPoolExecutor

import pytest

from unrolled_grader.class_run.seed import SMALLEST, grading_seed
from unrolled_grader.cli import main
from unrolled_grader.grading.assignment import CannotGrade
from unrolled_grader.lesson.check_table import PUBLIC_SEED


def kept(course):
    return json.loads((course / "seeds" / "06_lstm.json").read_text())["seed"]


def test_a_seed_is_drawn_once_and_kept(tmp_path):
    seed = grading_seed(tmp_path, "06_lstm")
    assert seed == grading_seed(tmp_path, "06_lstm") == kept(tmp_path)
    assert seed != grading_seed(tmp_path, "07_gru")


def test_processes_that_draw_at_once_agree(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        assert len(set(pool.map(grading_seed, [tmp_path] * 12, ["06_lstm"] * 12))) == 1
    assert [path.name for path in (tmp_path / "seeds").iterdir()] == ["06_lstm.json"]


def test_a_seed_that_is_wanted_takes_the_place_of_the_kept_one(tmp_path):
    grading_seed(tmp_path, "06_lstm")
    assert grading_seed(tmp_path, "06_lstm", 77) == 77 == kept(tmp_path)
    assert grading_seed(tmp_path, "06_lstm") == 77


@pytest.mark.parametrize("seed", [PUBLIC_SEED, -1])
def test_the_seed_of_the_students_own_table_is_refused(tmp_path, seed, capsys):
    assert seed < SMALLEST
    grading_seed(tmp_path, "06_lstm")
    (tmp_path / "seeds" / "06_lstm.json").write_text(json.dumps({"seed": seed}))
    with pytest.raises(CannotGrade, match=f"06_lstm.json: the seed is {seed}; .* at least 1"):
        grading_seed(tmp_path, "06_lstm")
    with pytest.raises(SystemExit):
        main(["grade", "06_lstm", "--seed", str(seed)])
    assert "--seed: at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "{}", '{"seed": "many"}', '{"seed": null}', "[]"])
def test_a_damaged_record_says_what_to_write_into_it(tmp_path, text):
    grading_seed(tmp_path, "06_lstm")
    (tmp_path / "seeds" / "06_lstm.json").write_text(text)
    with pytest.raises(CannotGrade, match="06_lstm.json is damaged .* seed of the last report"):
        grading_seed(tmp_path, "06_lstm")
