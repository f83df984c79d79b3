"""Is the seed of the hidden inputs drawn once, kept, and never one whose inputs a student has?"""

import hashlib
import json
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unrolled_grader.class_run.seed import SMALLEST, grading_seed
from unrolled_grader.cli import main
from unrolled_grader.grading.assignment import CannotGrade
from unrolled_grader.grading.outcome import ExerciseOutcome, SubmissionOutcome
from unrolled_grader.lesson.check_table import PUBLIC_SEED, _entropy
from unrolled_grader.options import SEARCHABLE
from unrolled_grader.report.tables import summary


def kept(course: Path) -> Any:
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


def test_a_seed_is_too_long_to_be_searched_for(tmp_path):
    seeds = [grading_seed(tmp_path, f"lesson_{number}") for number in range(20)]
    assert max(seeds).bit_length() > 120 and min(seeds) >= SEARCHABLE
    assert len(set(seeds)) == 20


def test_a_seed_of_an_earlier_version_is_kept(tmp_path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "06_lstm.json").write_text('{"seed": 703346339}')
    assert grading_seed(tmp_path, "06_lstm") == 703346339 < SEARCHABLE


def drawn(seed: Any, name: str = "rnn_step/values", number: int = 0) -> Any:
    return np.random.default_rng(_entropy(seed, name, number))


def test_inputs_of_a_long_seed_come_of_a_keyed_hash_and_lead_nowhere_back():
    """What a student's process is handed: a generator's entropy, or numbers that it drew."""
    seed = 2**127 + 12345
    entropy = drawn(seed).bit_generator.seed_seq.entropy
    assert entropy.bit_length() > 64 and seed not in (entropy, entropy >> 32)
    assert entropy == int.from_bytes(
        hashlib.blake2b(b"rnn_step/values/0", key=seed.to_bytes(16, "little"), digest_size=16).digest(), "little"
    )
    known = np.random.default_rng([seed, zlib.crc32(b"rnn_step/values")]).normal(size=4)
    assert not np.allclose(drawn(seed).normal(size=4), known)
    others = [drawn(seed + 1), drawn(seed, "rnn_step/dtype"), drawn(seed, number=1), drawn(2**400)]
    assert len({other.normal() for other in others}) == 4


def test_a_class_that_was_graded_with_a_short_seed_keeps_its_inputs():
    known = np.random.default_rng([703346339, zlib.crc32(b"rnn_step/values")])
    assert drawn(703346339).normal() == known.normal()


def test_the_report_says_that_a_seed_is_short_and_what_to_do():
    exercise = ExerciseOutcome(1.0, 1.0, [], None, "")
    kept = {"lesson": "06_lstm", "status": "graded", "reasons": [], "points": 1.0, "max_points": 1.0}
    for seed, told in ((703346339, True), (2**127, False)):
        outcome = SubmissionOutcome(
            **kept, student="ada", exercises={"f": exercise}, isolation="bubblewrap", seed=seed, plain_points=0.0
        )
        text = summary("06_lstm", {"ada": outcome})
        assert ("delete seeds/06_lstm.json" in text) == told
        assert str(seed) not in text
