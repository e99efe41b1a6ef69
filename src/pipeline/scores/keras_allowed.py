"""What a Keras configuration may name: classes and functions known to compute, no more.

Left out on purpose, though Keras has them: what carries code (``Lambda``, TensorFlow's
``TFOpLambda``, which calls any of its functions by name, the wrappers around cells), what
runs another library's model (``TFSMLayer``, ``JaxLayer``, ``TorchModuleWrapper``) and what
reads files (``StringLookup``, ``TextVectorization`` and their like).
"""


def _dimensions(*names: str) -> set[str]:
    return {name.format(f"{n}D") for name in names for n in (1, 2, 3)}


MODELS = {"Functional", "Model", "Sequential"}
LAYERS = {
    *("InputLayer", "Input", "Dense", "EinsumDense", "Embedding", "Activation", "Identity"),
    *("Flatten", "Reshape", "Permute", "RepeatVector", "Masking", "ActivityRegularization"),
    *("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"),
    *("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"),
    *("UnitNormalization", "SpectralNormalization", "Normalization", "Rescaling", "Resizing"),
    *("CenterCrop", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"),
    *("SeparableConvolution1D", "SeparableConvolution2D", "LocallyConnected1D"),
    *("LocallyConnected2D", "ReLU", "LeakyReLU", "PReLU", "ELU", "ThresholdedReLU", "Softmax"),
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    *("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"),
    *("RNN", "LSTM", "LSTMCell", "GRU", "GRUCell", "SimpleRNN", "SimpleRNNCell"),
    *("StackedRNNCells", "Bidirectional", "TimeDistributed"),
    *_dimensions("Conv{}", "Conv{}Transpose", "Convolution{}", "Convolution{}Transpose"),
    *_dimensions("ConvLSTM{}", "SpatialDropout{}", "Cropping{}", "UpSampling{}", "ZeroPadding{}"),
    *_dimensions("AveragePooling{}", "AvgPool{}", "MaxPooling{}", "MaxPool{}"),
    *_dimensions("GlobalAveragePooling{}", "GlobalAvgPool{}", "GlobalMaxPooling{}"),
    *_dimensions("GlobalMaxPool{}", "AdaptiveAveragePooling{}", "AdaptiveMaxPooling{}"),
}
ACTIVATIONS = {
    *("celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu"),
    *("hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
    *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"),
    *("softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh"),
    *("tanh_shrink", "threshold"),
}
INITIALIZERS = {
    *("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity"),
    *("IdentityInitializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal"),
    *("OrthogonalInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal"),
    *("VarianceScaling", "Zeros", "constant", "glorot_normal", "glorot_uniform", "he_normal"),
    *("he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones", "orthogonal"),
    *("random_normal", "random_uniform", "truncated_normal", "variance_scaling", "zeros"),
    *("uniform", "normal", "one", "zero"),
}
REGULARIZERS = {"L1", "L2", "L1L2", "OrthogonalRegularizer", "l1", "l2", "l1_l2"}
CONSTRAINTS = {
    *("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "RadialConstraint", "max_norm"),
    *("min_max_norm", "non_neg", "unit_norm", "radial_constraint"),
}
POLICIES = {"DTypePolicy", "FloatDTypePolicy", "Policy"}
CLASSES = MODELS | LAYERS | INITIALIZERS | REGULARIZERS | CONSTRAINTS | POLICIES

NAMED_BY = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "regularizer": REGULARIZERS,
    "constraint": CONSTRAINTS,
}
"""What a string may be under a key that ends so, as ``recurrent_activation`` does."""

_PACKAGES = ("keras", "tf_keras", "keras.src", "tf_keras.src")
MODULES = {
    *("builtins", "keras.mixed_precision", "keras.dtype_policies", "keras.src.dtype_policies"),
    "keras.src.dtype_policies.dtype_policy",
    *_PACKAGES,
    *(
        f"{package}.{name}"
        for package in _PACKAGES
        for name in (
            *("layers", "models", "activations", "initializers", "regularizers", "constraints"),
            *("models.functional", "models.model", "models.sequential", "engine.functional"),
            *("engine.sequential", "engine.training"),
        )
    ),
}
"""Where a class or function may come from; `CLASSES` bounds what is taken from there."""

ARRAYS = {"__tensor__", "__numpy__"}
DTYPES = {
    *("bool", "float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "uint16"),
    *("int32", "uint32", "int64", "uint64"),
}
