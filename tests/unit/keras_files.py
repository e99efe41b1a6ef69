"""Keras files as a stranger may write them, without Keras: .h5 and .keras."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np


def layer(name, **config):
    return {"class_name": name, "config": {"name": name.lower(), **config}}


def sequential(*layers):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


INPUT = layer("InputLayer", batch_input_shape=[None, 63, 63, 3])
DENSE = layer("Dense", units=1)
LAMBDA = layer("Lambda", function=["4wEAAA==", None, None], function_type="lambda")
ADAM = {"module": "keras.optimizers", "class_name": "Adam", "config": {}, "registered_name": None}


def as_h5(path: Path, config: object, version="2.21.0") -> Path:
    with h5py.File(path, "w") as file:
        text = config if isinstance(config, str | bytes) else json.dumps(config)
        file.attrs["model_config"] = text
        file.attrs["keras_version"] = version
        file.create_group("model_weights").attrs["layer_names"] = np.array([], "S1")
    return path


def as_keras(path: Path, config: object, version="3.15.1", **members) -> Path:
    weights = io.BytesIO()
    h5py.File(weights, "w").close()
    text = config if isinstance(config, str | bytes) else json.dumps(config)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights.getvalue())
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def plain(config) -> str:
    return json.dumps(config)
