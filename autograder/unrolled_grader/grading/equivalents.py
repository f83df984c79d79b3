"""Other ways in which a library does what was to be written: what stands in for a softmax, a gate, a gradient.

A list for readers of answers (`library_use`): whoever uses one of them where the thing itself is forbidden is asked
about by a person. It decides over no point.
"""

from collections.abc import Sequence

# each line: last parts of forbidden names, then the last parts of names that do the same or nearly so
FAMILIES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(known.split()), frozenset(others.split()))
    for known, others in (
        (
            "softmax Softmax",
            "softmax Softmax log_softmax LogSoftmax softmin Softmin Softmax2d gumbel_softmax logsumexp cross_entropy "
            "cross_entropy_loss CrossEntropyLoss scaled_dot_product_attention multi_head_attention_forward "
            "MultiheadAttention Categorical OneHotCategorical RelaxedOneHotCategorical logits_to_probs "
            "TransformerEncoderLayer TransformerDecoderLayer flex_attention softmax_backward_data Multinomial "
            "SoftmaxTransform StickBreakingTransform LogisticNormal logcumsumexp ExpRelaxedCategorical Transformer "
            "AdaptiveLogSoftmaxWithLoss MixtureSameFamily LogisticRegression",
        ),
        ("sigmoid Sigmoid expit", "sigmoid Sigmoid expit special_expit log_expit logsigmoid LogSigmoid silu SiLU swish "
         "glu GLU softplus Softplus logistic binary_cross_entropy_with_logits BCEWithLogitsLoss Bernoulli "
         "SigmoidTransform RelaxedBernoulli LogitRelaxedBernoulli ContinuousBernoulli Geometric Binomial "
         "NegativeBinomial"),
        ("RNN RNNCell rnn_tanh rnn_relu rnn_tanh_cell rnn_relu_cell",
         "RNN RNNCell RNNBase RNNCellBase rnn_tanh rnn_relu rnn_tanh_cell rnn_relu_cell mkldnn_rnn_layer SimpleRNN"),
        ("LSTM LSTMCell lstm lstm_cell",
         "LSTM LSTMCell RNNBase RNNCellBase lstm lstm_cell lstm_mps thnn_fused_lstm_cell quantized_lstm_cell "
         "mkldnn_rnn_layer"),
        ("GRU GRUCell gru gru_cell",
         "GRU GRUCell RNNBase RNNCellBase gru gru_cell thnn_fused_gru_cell quantized_gru_cell mkldnn_rnn_layer"),
        (
            "grad backward jacobian vjp jvp",
            "grad backward jacobian jacrev jacfwd vjp jvp hvp vhp hessian linearize grad_and_value value_and_grad "
            "get_analytical_jacobian forward_ad make_dual dual_level elementwise_grad holomorphic_grad run_backward",
        ),
        (
            "cross_entropy CrossEntropyLoss nll_loss NLLLoss",
            "cross_entropy cross_entropy_loss CrossEntropyLoss nll_loss nll_loss_nd nll_loss2d NLLLoss NLLLoss2d "
            "log_softmax LogSoftmax Categorical gaussian_nll_loss AdaptiveLogSoftmaxWithLoss linear_cross_entropy "
            "log_loss",
        ),
        (
            "scaled_dot_product_attention MultiheadAttention multi_head_attention_forward",
            "scaled_dot_product_attention MultiheadAttention multi_head_attention_forward flex_attention Transformer "
            "native_multi_head_attention TransformerEncoderLayer TransformerDecoderLayer transformer_encoder_layer_fwd",
        ),
        ("pack_padded_sequence pack_sequence", "pack_padded_sequence pack_sequence PackedSequence"),
        ("pad_sequence pad_packed_sequence",
         "pad_sequence pad_packed_sequence to_padded_tensor nested_tensor as_nested_tensor"),
        ("SGD", "SGD sgd ASGD single_tensor_sgd multi_tensor_sgd fused_sgd_"),
        ("lfilter", "lfilter dimpulse dstep sosfilt filtfilt sosfiltfilt dlsim dlti lfiltic deconvolve"),
        ("accuracy_score", "accuracy_score zero_one_loss classification_report jaccard_score"),
        ("f1_score",
         "f1_score fbeta_score classification_report precision_recall_fscore_support precision_score recall_score"),
    )
)  # fmt: skip


def doing_the_same(forbidden: Sequence[str]) -> dict[str, str]:
    """Return the last parts of names that stand in for something forbidden: part -> the forbidden name."""
    found: dict[str, str] = {}
    for name in forbidden:
        last = name.rpartition(".")[2]
        found.setdefault(last, name)
        for known, others in FAMILIES:
            if last in known:
                for other in sorted(others):
                    found.setdefault(other, name)
    return found


def plain(part: str) -> str:
    """Return a name without the underlines of an inner one: torch._softmax is softmax."""
    return part.strip("_")
