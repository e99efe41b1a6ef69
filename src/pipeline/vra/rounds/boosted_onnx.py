"""Boosted trees as ONNX, such that a float32 decides there as it does in scikit-learn.

skl2onnx 1.20 fails on trees with missing values (onnx 1.23 takes no booleans for integers), and
rounds a threshold to the nearest float32: a value may then lie on its other side. Here thresholds
are rounded down, which no float32 can tell from the threshold itself.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET, TREES_OPSET = 17, 3
"""Of ONNX and of its ``ai.onnx.ml``: every ONNX Runtime since 1.12 has them."""


def boosted_onnx(model: Any, features: int) -> Any:
    """Return a fitted binary `HistGradientBoostingClassifier` as an ONNX model.

    Its input is ``features``, float32 of shape (rows, features); its outputs are those that
    skl2onnx gives a classifier, ``label`` and ``probabilities``.

    Parameters
    ----------
    model : sklearn.ensemble.HistGradientBoostingClassifier
        Without categorical features.
    features : int
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 - closing a round alone pays for it

    node = helper.make_node(
        "TreeEnsembleClassifier", ["features"], ["label", "probabilities"],
        domain="ai.onnx.ml", **_attributes(model),
    )  # fmt: skip
    graph = helper.make_graph(
        [node],
        "rounds",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, features])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES_OPSET)]
    made = helper.make_model(graph, opset_imports=opsets, producer_name="nightmill")
    made.ir_version = 8  # of ONNX 1.12, as the opsets
    return made


def _attributes(model: Any) -> dict[str, Any]:
    """Return the attributes of the ONNX operator; trees are numbered as they were grown."""
    # scikit-learn has no public view of these trees; skl2onnx reads the same attributes
    trees = [of_class.nodes for (of_class,) in model._predictors]
    sizes = [len(nodes) for nodes in trees]
    every = np.concatenate(trees)
    leaf = every["is_leaf"] == 1
    tree = np.repeat(np.arange(len(trees)), sizes)
    number = np.concatenate([np.arange(size) for size in sizes])
    branch = ~leaf
    return {
        "nodes_treeids": tree.tolist(),
        "nodes_nodeids": number.tolist(),
        "nodes_featureids": np.where(branch, every["feature_idx"], 0).tolist(),
        "nodes_values": np.where(branch, down(every["num_threshold"]), 0).tolist(),
        "nodes_modes": np.where(branch, "BRANCH_LEQ", "LEAF").tolist(),
        "nodes_truenodeids": np.where(branch, every["left"], 0).tolist(),
        "nodes_falsenodeids": np.where(branch, every["right"], 0).tolist(),
        "nodes_missing_value_tracks_true": np.where(
            branch, every["missing_go_to_left"], 0
        ).astype(np.int64).tolist(),
        "class_treeids": tree[leaf].tolist(),
        "class_nodeids": number[leaf].tolist(),
        "class_ids": [0] * int(leaf.sum()),
        "class_weights": every["value"][leaf].tolist(),
        "classlabels_int64s": [0, 1],
        "base_values": np.ravel(model._baseline_prediction).tolist(),
        "post_transform": "LOGISTIC",
    }  # fmt: skip


def down(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the greatest float32 that is no more than each number.

    >>> down(np.array([1.0, 1.0 + 1e-9, -1.0 - 1e-9])).tolist()
    [1.0, 1.0, -1.0000001192092896]
    """
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    too_high = near > threshold
    return np.where(too_high, np.nextafter(near, np.float32(-np.inf)), near)
