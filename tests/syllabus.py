"""What the syllabus asks of each lesson, and how a test reads one."""

from pathlib import Path

from unrolled_grader.course import lessons
from unrolled_grader.lesson.lesson import Lesson, load_lesson

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
