"""Is each lesson whole, by the syllabus, and does it run from a fresh kernel to its last cell?"""

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from unrolled.quiz import Quiz
from unrolled_grader.course import lessons, reference_folder
from unrolled_grader.lesson.check_table import dealt_quiz
from unrolled_grader.lesson.executed import execute_lesson
from unrolled_grader.lesson.figures import missing_figures, read_figures
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.lesson.missing import run_without, subsets
from unrolled_grader.lesson.solved import graded_names
from unrolled_grader.lesson.worked import answers_json
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.pages import claims

ROOT = Path(__file__).parents[1]

# The syllabus: what a lesson's students must write, stretch exercises too, and with which arguments.
GRADED = {
    "01_ngrams": {
        "count_ngrams": "sentences, n",
        "ngram_probability": "ngram, ngram_counts, context_counts",
        "sentence_log_probability": "sentence, n, ngram_counts, context_counts",
        "rank_candidates": "candidates, log_probability",
        "add_k_probability": "ngram, ngram_counts, context_counts, k, vocabulary_size",
        "perplexity": "sentences, log_probability",
        "distinct_ngrams": "sentences, max_n",
        "interpolated_probability": "ngram, counts_by_order, weights",
        "kneser_ney_probability": "ngram, counts_by_order, discount",
    },
    "02_vanilla_rnn": {
        "rnn_step": "x_t, h_prev, W_xh, W_hh, b_h",
        "rnn_step_concat": "x_t, h_prev, W_h, b_h",
        "rnn_forward": "x, h_0, params",
        "softmax": "logits",
        "rnn_predict": "h, params",
        "cross_entropy_over_time": "y_hat, targets, reduction",
        "count_parameters": "D, H, V",
        "to_torch_rnn": "params",
    },
    "03_sequence_shapes": {
        "pad_sequences": "sequences, value",
        "length_mask": "lengths, T",
        "last_valid_state": "h, lengths",
        "many_to_one": "x, lengths, params",
        "sample_token": "logits, temperature, rng",
        "one_to_many": "first_token, h_0, steps, params, temperature, rng",
        "masked_cross_entropy": "logits, targets, mask",
        "SentimentRNN": "vocabulary_size, embedding_size, hidden_size",
    },
    "04_bptt": {
        "sgd_step": "params, grads, learning_rate",
        "numerical_gradient": "f, array, eps",
        "softmax_cross_entropy_backward": "logits, targets",
        "rnn_step_backward": "dh_t, x_t, h_prev, h_t, params",
        "explicit_terms": "dh_T, x, h_0, h, params",
        "rnn_backward": "dh, x, h_0, h, params",
        "truncated_rnn_backward": "dh, x, h_0, h, params, truncation",
        "loss_and_gradients": "x, targets, h_0, params",
        "train_on_pieces": "params, pieces, h_0, learning_rate",
        "sample_text": "params, vocabulary, seed_text, length, temperature, rng",
    },
    "05_vanishing_gradients": {
        "hidden_jacobian": "h_t, W_hh",
        "gradient_norms": "dh_T, h, W_hh",
        "spectral_radius": "W",
        "scale_to_spectral_radius": "W, radius",
        "clip_gradients": "grads, max_norm",
        "identity_init": "D, H, rng, scale",
        "irnn_step": "x_t, h_prev, W_xh, W_hh, b_h",
        "skip_rnn_step": "x_t, h_prev, W_xh, W_hh, b_h",
        "adding_problem": "N, T, rng",
    },
    "06_lstm": {
        "sigmoid": "x",
        "lstm_gates": "x_t, h_prev, params",
        "lstm_step": "x_t, h_prev, C_prev, params, output_tanh",
        "lstm_forward": "x, h_0, C_0, params",
        "to_torch_lstm": "params",
        "cell_state_gradient": "f",
        "init_lstm": "D, H, rng, forget_bias",
        "LSTMCell": "input_size, hidden_size",
        "train_step": "model, optimizer, tokens, targets, state",
        "lstm_backward": "dh, x, h_0, C_0, params",
    },
    "07_gru": {
        "gru_gates": "x_t, h_prev, params",
        "gru_step": "x_t, h_prev, params",
        "gru_forward": "x, h_0, params",
        "gru_step_pytorch": "x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh",
        "parameter_counts": "D, H",
        "GRUCell": "input_size, hidden_size",
        "make_windows": "series, window, horizon",
        "persistence_forecast": "x, horizon",
        "chrono_bias": "H, max_lag, rng",
    },
    "08_bidirectional_deep": {
        "reverse_by_length": "x, lengths",
        "birnn_predict": "h, W_y, b_y",
        "birnn_forward": "x, lengths, forward_params, backward_params",
        "deep_rnn_forward": "x, layers",
        "residual_deep_rnn_forward": "x, layers",
        "token_accuracy": "gold, predicted, mask",
        "span_f1": "gold, predicted",
        "BiLSTMTagger": "vocabulary_size, embedding_size, hidden_size, tags",
        "is_causal": "model, x, t",
    },
    "09_seq2seq": {
        "Vocabulary": "sentences, min_count",
        "make_batch": "pairs, source_vocabulary, target_vocabulary",
        "Encoder": "vocabulary_size, embedding_size, hidden_size",
        "Decoder": "vocabulary_size, embedding_size, hidden_size",
        "sequence_loss": "logits, target_out, mask",
        "greedy_decode": "step, state, sos, eos, max_length",
        "beam_search": "step, state, sos, eos, beam_size, max_length",
        "corpus_bleu": "candidates, references, max_n",
        "dot_product_attention": "query, keys, mask",
        "AttentionDecoder": "vocabulary_size, embedding_size, hidden_size",
    },
    "10_beyond_rnns": {
        "state_bytes": "model, T, H, itemsize",
        "causal_self_attention": "x, W_q, W_k, W_v",
        "stream": "step, samples, state",
        "linear_recurrence": "a, b, h_0",
        "linear_recurrence_scan": "a, b, h_0",
        "linear_attention_step": "q_t, k_t, v_t, S",
        "minimal_gru": "x, h_0, params",
        "delta_rule_step": "q_t, k_t, v_t, beta_t, S",
        "euler_rnn_step": "x_t, h_prev, W_xh, W_hh, b_h, dt",
    },
    "11_capstone": {"Capstone": ""},
}
FULL_LESSONS = sorted(GRADED)
EVERY_LESSON = [paths.name for paths in lessons(ROOT)]


def load(name: str) -> Lesson:
    return load_lesson(ROOT / "solutions" / name)


def prose(lesson: Lesson) -> str:
    return "\n\n".join(cell.source for cell in lesson.cells if cell.kind == "markdown")


def code(lesson: Lesson) -> str:
    return "\n\n".join(cell.source for cell in lesson.cells if cell.kind == "code")


@pytest.fixture(scope="module")
def executed() -> Any:
    """Return the solved notebook of a lesson after it ran, made once a lesson."""
    done: dict[str, nbformat.NotebookNode] = {}

    def run(name: str) -> nbformat.NotebookNode:
        if name not in done:
            paths = next(paths for paths in lessons(ROOT) if paths.name == name)
            done[name] = execute_lesson(paths).notebook
        return done[name]

    return run


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_lesson_runs_from_a_fresh_kernel_to_its_last_cell_and_every_check_passes(executed, name):
    for cell in executed(name).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", f"cell {cell.id}: {output.evalue}"
            warned = output.output_type == "stream" and output.name == "stderr"
            assert not warned, f"cell {cell.id} wrote to stderr: {output.text[:500]}"
            waits = "This cell waits for" in str(output.get("data", ""))
            assert not waits, f"cell {cell.id} waits though all answers are there"
        if cell.get("id", "").startswith("test_"):
            text = "".join(output.get("text", "") for output in cell.outputs)
            assert "checks pass" in text, f"{cell.id} said: {text}"


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_every_picture_has_a_text(executed, name):
    for cell in executed(name).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert "image/png" not in data, f"cell {cell.id}: show figures with plots.show(figure, alt=...)"
            for picture in re.findall(r"<img [^>]*>", "".join(data.get("text/html", ""))):
                assert re.search(r'alt="[^"]{20,}"', picture), f"cell {cell.id}: a picture without a telling alt text"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_its_claims_are_those_of_the_generated_page(executed, name):
    shown = [(row["claim"], row["by"]) for row in claims.claims_shown(executed(name))]
    kept = [(row.claim, row.by) for row in claims.rows(claims.read_found(reference_folder(ROOT)), name)]
    assert shown and shown == kept, f"run `unrolled pages --execute {name}`"


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_figures_of_the_released_notebook_are_those_of_its_code(name):
    paths = next(paths for paths in lessons(ROOT) if paths.name == name)
    old = missing_figures(load(name), read_figures(paths.figures))
    assert not old, f"run `unrolled pages --execute {name}`, then `unrolled release {name}`"


MISSING = "02_vanilla_rnn"  # that lesson here, all with `unrolled missing [--half | --each]`: an hour


@pytest.mark.parametrize("kind", ["none", "half"])
def test_a_lesson_with_answers_missing_runs_to_its_last_cell_without_a_traceback(kind):
    paths = next(paths for paths in lessons(ROOT) if paths.name == MISSING)
    found = run_without(paths, subsets(load(MISSING))[kind][0])
    assert not found.faults and found.waiting > 5


def arguments_of(node: ast.FunctionDef | ast.ClassDef) -> list[ast.arg]:
    """Return the arguments of a function; of a class, those it is made with."""
    if isinstance(node, ast.FunctionDef):
        return node.args.args
    methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    return methods["__init__"].args.args[1:] if "__init__" in methods else []


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_every_graded_name_of_the_syllabus_is_there_with_its_arguments(name):
    found = {}
    for cell in load(name).cells:
        if cell.role == "answer":
            defined = [node for node in ast.parse(cell.source).body if getattr(node, "name", None) == cell.id]
            assert defined, f"the answer cell {cell.id} does not define it"
            found[cell.id] = ", ".join(argument.arg for argument in arguments_of(defined[0]))
    assert found == GRADED[name]


def exercise_texts(lesson: Lesson) -> dict[str, str]:
    """Return the prose between the previous exercise's test and this answer, by graded name."""
    texts, text = {}, ""
    for cell in lesson.cells:
        if cell.kind == "markdown":
            text += cell.source
        elif cell.role in ("answer", "debug"):
            texts[cell.id or ""] = text
        elif cell.role == "test":
            text = ""
    return texts


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_every_exercise_has_hints_that_open_one_after_another(name):
    for graded, text in exercise_texts(load(name)).items():
        assert "<details><summary>Hint 1" in text, f"{graded} has no hint"
        assert text.count("<details>") == text.count("</details>"), f"{graded}: a <details> is not closed"
        inside = text.split("<details><summary>Hint 1", 1)[1]
        assert "</details>" not in inside.split("<summary>Hint 2")[0], f"{graded}: hint 2 is not inside hint 1"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_exercises_climb_from_warm_up_over_core_to_stretch(name):
    steps = re.findall(r"^##+ (Warm-up|Core|Stretch) · ", prose(load(name)), re.MULTILINE)
    order = ["Warm-up", "Core", "Stretch"]
    assert set(steps) == set(order) and steps[0] == "Warm-up"
    assert [steps.index(step) for step in order] == sorted(steps.index(step) for step in order)


def docstring_of(cell: Cell) -> str:
    definitions = [node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return ast.get_docstring(next(node for node in definitions if node.name == cell.id)) or ""


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_every_stub_says_shapes_and_shows_a_tiny_example(name):
    for cell in load(name).cells:
        if cell.role == "answer":
            text = docstring_of(cell)
            assert "Args:" in text and "Returns:" in text and ">>>" in text, f"{cell.id}: {text}"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_the_lesson_has_all_its_parts(name):
    lesson = load(name)
    roles = [cell.role for cell in lesson.cells]
    text = prose(lesson)
    assert roles.count("debug") >= 1 and roles.count("written") >= 1
    assert len(lesson.quiz) >= 5 and all(len(question.wrong) >= 2 for question in lesson.quiz)
    assert "widgets.explore(" in code(lesson)
    for part in ("After this lesson you can", "**Time**", "## What we measured", "## Summary", "## Glossary"):
        assert part in text, f"{part!r} is missing"
    assert re.search(r"^## (References|Reading)", text, re.MULTILINE)


WIDEST, LONGEST = 100, 40  # letters of a line of code, at 1280 pixels; lines of a cell that is not a student's


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_no_line_of_code_is_cut_at_the_right(name):
    cells = [cell for cell in load(name).cells if cell.kind == "code"]
    assert not [line for cell in cells for line in cell.source.split("\n") if len(line) > WIDEST]


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_no_demonstration_is_a_long_cell(name):
    demos = [cell.source.split("\n") for cell in load(name).cells if cell.role == "demo"]
    assert not [lines[0] for lines in demos if len(lines) > LONGEST]


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_no_test_and_no_answer_needs_what_a_demo_defines(name, monkeypatch):
    """Demo cells are skipped when grading."""
    monkeypatch.chdir(ROOT / "notebooks" / name)
    lesson = load(name)
    namespace: dict = {}
    for cell in lesson.cells:
        if cell.role in ("given", "answer", "debug", "test"):
            exec(compile(lesson.answer_source(cell), f"{name}, {cell.id}", "exec"), namespace)


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_an_unsolved_notebook_says_kindly_what_is_not_written(name, tmp_path):
    released = ROOT / "notebooks" / name
    shutil.copytree(released, tmp_path, dirs_exist_ok=True)
    notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
    metadata = [cell.metadata.get("unrolled", {}).get("role") for cell in notebook.cells]
    wanted = [
        cell
        for cell, role in zip(notebook.cells, metadata, strict=True)
        if role in ("given", "answer", "test") or cell.get("id") == "cell-001"
    ]
    notebook.cells = wanted
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True, resources=resources).execute()
    tests = [cell for cell in notebook.cells if cell.get("id", "").startswith("test_")]
    answers = {cell.id for cell in notebook.cells if cell.metadata.get("unrolled", {}).get("role") == "answer"}
    for cell in tests:
        if cell.id.removeprefix("test_") in answers:
            told = [output for output in cell.outputs if output.output_type == "error"]
            assert told and "is not written yet" in told[0].evalue, f"{cell.id}: {cell.outputs}"
            assert len(told[0].traceback) <= 3


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_every_answer_is_lent_with_why_it_is_written_so_and_with_another_way(name):
    lesson = load(name)
    lent = json.loads(answers_json(lesson))["answers"]
    assert set(lent) == set(graded_names(lesson))
    for graded, entry in lent.items():
        for part in ("why", "other", "about"):
            assert entry.get(part, "").strip(), f"{name}/.worked.toml: {graded} has no {part!r}"
        text = f"{entry['why']} {entry['about']}"
        assert 20 <= len(text.split()) <= 130, f"{graded}: two to five sentences"
        assert not re.search(r"<\w|__", re.sub("`.*?`", "", text)), f"{graded}: Markdown would not show this as it is"


def chosen_by_length(pick):
    return lambda texts: [i for i, text in enumerate(texts) if len(text) == pick(map(len, texts))]


BLIND = {  # ways to answer without reading: from the texts of the choices, those that one may take
    "the longest": chosen_by_length(max),
    "the shortest": chosen_by_length(min),
    "the first": lambda texts: [0],
    "the second": lambda texts: [1],
    "the third": lambda texts: [2],
    "the last": lambda texts: [len(texts) - 1],
}


def share_right(questions, rule):
    """Return the share of questions that a blind rule gets right, on average where it leaves a choice."""
    share = 0.0
    for question in questions:
        chosen = BLIND[rule]([choice["text"] for choice in question["choices"]])
        share += sum(question["choices"][i]["right"] for i in chosen) / len(chosen) / len(questions)
    return share


@pytest.mark.parametrize("rule", BLIND)
def test_no_quiz_is_passed_without_reading_and_nothing_is_never_right(rule):
    quizzes = {name: dealt_quiz(load(name).quiz) for name in EVERY_LESSON}
    everywhere = share_right([question for quiz in quizzes.values() for question in quiz], rule)
    assert 0.15 <= everywhere <= 0.4, f"{rule} choice is right in {everywhere:.0%} of the course"
    shares = {name: share_right(quiz, rule) for name, quiz in quizzes.items() if len(quiz) >= 5}
    assert not {name: share for name, share in shares.items() if not 0 < share <= 0.5}


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_quiz_that_a_released_notebook_shows_is_the_one_that_it_asks(name):
    """Its kept picture stands under a digest of code, and the questions are none."""
    figures = read_figures(ROOT / "solutions" / name / "figures.json")
    shown = [output.get("data", {}).get("text/html") for outputs in figures.values() for output in outputs]
    assert Quiz(dealt_quiz(load(name).quiz))._repr_html_() in shown, f"run `unrolled pages --execute {name}`"


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_choices_of_a_question_are_alike_in_length(name):
    for question in load(name).quiz:
        lengths = [len(choice) for choice in (question.right, *question.wrong)]
        alike = max(lengths) <= 1.25 * min(lengths) or max(lengths) - min(lengths) <= 4
        assert alike, f"{question.text}: {lengths}"
