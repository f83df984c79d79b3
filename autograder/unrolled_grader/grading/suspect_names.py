"""Names by which an answer may reach what it was to write: `library_use` asks a person about whoever uses them.

Two lists: what Python and libraries have that finds a thing without naming it, and other ways in which a library does
the same (what stands in for a softmax, a gate, a gradient). They decide over no point.
"""

from collections.abc import Sequence

# modules that an answer may use: they reach nothing without naming it, but for HARMFUL. All others are told
ORDINARY = frozenset({
    "__future__", "abc", "array", "base64", "bisect", "calendar", "cmath", "collections", "colorsys", "contextlib",
    "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "glob", "gzip",
    "hashlib", "heapq", "io", "ipywidgets", "itertools", "json", "keyword", "locale", "logging", "math", "matplotlib",
    "matplotlib_inline", "mpl_toolkits", "networkx", "numbers", "numpy", "pandas", "pathlib", "pprint", "queue",
    "random", "re", "sacrebleu", "scipy", "seaborn", "secrets", "shutil", "sklearn", "sortedcontainers", "statistics",
    "string", "struct", "sys", "tabulate", "tempfile", "textwrap", "time", "toolz", "torch", "tqdm", "traceback",
    "typing", "typing_extensions", "unicodedata", "unrolled", "uuid", "warnings", "zlib",
})  # fmt: skip
# parts of them that find a thing by a text, or run one
HARMFUL: dict[str, frozenset[str]] = {
    "functools": frozenset({"singledispatch", "singledispatchmethod"}),  # evaluate type hints
    "logging": frozenset({"config"}),
    "numpy": frozenset({"runstring", "rundocs", "measure", "f2py", "distutils", "format", "npyio"}),
    "pandas": frozenset({"eval", "read_pickle", "io"}),
    "string": frozenset({"Formatter"}),
    "typing": frozenset({"get_type_hints", "ForwardRef", "evaluate_forward_ref"}),
    "typing_extensions": frozenset({"get_type_hints", "ForwardRef", "evaluate_forward_ref"}),
}
# what of other modules is harmless
MODULES: dict[str, frozenset[str]] = {
    "gc": frozenset({"collect", "disable", "enable", "isenabled", "freeze", "get_count"}),
    "operator": frozenset({
        "add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "pos", "pow", "matmul", "and_", "or_", "xor", "inv",
        "invert", "not_", "eq", "ne", "lt", "le", "gt", "ge", "itemgetter", "getitem", "setitem", "contains", "index",
        "concat", "iadd", "isub", "imul", "itruediv", "is_", "is_not", "truth", "countOf", "indexOf",
    }),
    "inspect": frozenset({"signature", "isfunction", "isclass", "getdoc", "cleandoc"}),
    "os": frozenset({"path", "getcwd", "environ", "sep", "listdir", "makedirs", "cpu_count", "urandom", "linesep"}),
    "types": frozenset({"SimpleNamespace", "MappingProxyType"}),
}  # fmt: skip
ATTRIBUTES = {
    "__dict__", "__getattribute__", "__globals__", "__closure__", "__code__", "__subclasses__", "__reduce__",
    "__getattr__", "__builtins__", "__loader__", "__spec__", "__wrapped__", "__torch_function__", "ctypeslib",
    "allow_pickle", "read_pickle", "eval_str", "__match_args__", "tb_frame", "gi_frame", "cr_frame", "ag_frame",
    "f_globals", "f_locals", "f_builtins", "f_back", "f_code", "user_ns", "user_global_ns", "__setattr__",
}  # fmt: skip
# modules that lie, as attributes, inside many others
PASSAGES = {"builtins", "bltns", "importlib", "sys", "os", "subprocess", "inspect", "gc", "pickle", "runpy"}
# what runs or finds more where it is given more than plain arguments: the function, and how many of these it may have
CAREFUL = {"numpy.load": 2, "inspect.signature": 1}
PATHS = (
    "sys.modules", "sys._getframe", "sys.settrace", "sys.setprofile", "sys.meta_path", "sys.path",
    "sys._current_frames", "sys.breakpointhook", "sys.__breakpointhook__", "sys.path_hooks", "sys.monitoring",
    "unrolled.check.answers", "unrolled.check.library", "unrolled.plain_data", "builtins",
)  # fmt: skip
# parts of torch that hold its compiled functions, and what takes them out of Python's (and the watch's) sight
TORCH_INSIDE = ("_C", "_VF", "_ops", "ops", "jit", "compile", "load", "package", "fx", "overrides", "export", "library",
                "multiprocessing", "_refs", "_decomp", "_prims", "_inductor", "_dynamo")  # fmt: skip
# methods of tensors that stand in for something, and that nothing else has by chance
METHODS = {"softmax", "log_softmax", "logsumexp", "logcumsumexp", "sigmoid", "backward"}
# names that things of one's own have too, so that calling them on what is not known tells nothing
COMMON = {"grad", "rnn", "lstm", "gru", "RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell", "lstm_cell", "gru_cell",
          "rnn_tanh_cell", "rnn_relu_cell", "sgd", "SGD", "glu", "GLU", "swish", "Transformer", "logistic"}  # fmt: skip
TENSORS = {"Tensor", "Parameter", "Buffer", "TensorBase"}

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
