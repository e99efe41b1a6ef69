"""The configuration in a Keras file: what could run code is refused, in any spelling."""

import pytest

pytest.importorskip("h5py")

from keras_files import ADAM, DENSE, INPUT, LAMBDA, as_h5, as_keras, layer, plain, sequential

from pipeline.scores.keras_config import parse_config
from pipeline.scores.keras_files import checked_copy
from pipeline.scores.signature import ModelError


def spelt(old: str, new: str, *layers: dict) -> str:
    """Return the JSON of a network with its last layer spelt otherwise."""
    text = plain(sequential(*(layers or [LAMBDA])))
    assert old in text
    return new.join(text.rsplit(old, 1))


def within(name: str, **config) -> str:
    return plain(sequential(layer(name, **config)))


FUNCTION = {"class_name": "__lambda__", "config": {"value": "4wE="}}
TWICE = '"class_name": "Lambda", "class_name": "D'
BACK = {"layer": layer("GRU"), "backward_layer": LAMBDA}
LAMBDAS = {
    "a space": spelt('"class_name": "Lambda"', '"class_name" : "Lambda"'),
    "a newline": spelt('"class_name": "L', '"class_name":\n"L'),
    "an escape": spelt('"Lambda"', r'"\u004cambda"'),
    "an escaped key": spelt('"class_name": "L', r'"class\u005fname": "L'),
    "a key twice": spelt('"class_name": "D', TWICE, DENSE),
    "a wrapper": within("TimeDistributed", layer=LAMBDA),
    "a wrapper of two": within("Bidirectional", **BACK),
    "cells": within("RNN", cell=layer("StackedRNNCells", cells=[LAMBDA])),
    "a network in a network": plain(sequential(sequential(sequential(LAMBDA)))),
    "an activation": within("Dense", activation=LAMBDA),
    "a list": within("Dense", anything=[[{"x": LAMBDA}]]),
    "Keras 3's": within("Dense", activation=FUNCTION),
    "a function's type": within("Dense", function_type="lambda"),
    "TensorFlow's functions": within("TFOpLambda", function="io.write_file"),
}


@pytest.mark.parametrize("text", LAMBDAS.values(), ids=LAMBDAS)
@pytest.mark.parametrize("write", [as_h5, as_keras])
def test_a_lambda_in_any_spelling_is_refused(text, write, tmp_path):
    assert "ambda" in text
    path = write(tmp_path / "model", text)
    expected = r"model: its configuration (has a Lambda layer: Python code|says a key twice)"
    with pytest.raises(ModelError, match=expected), checked_copy(path):
        pass


def function(module: str, name: object, **more) -> dict:
    return {"class_name": "function", "config": name, "module": module, **more}


def of(class_name: str, module: str | None, **more) -> dict:
    return {"class_name": class_name, "config": {}, "module": module, **more}


REFUSED = {
    "a module of Python": (layer("Dense", activation=function("os", "system")), "module 'os'"),
    "one whose name begins so": (of("Popen", "keras_evil"), "module 'keras_evil'"),
    "another of Keras": (of("get_file", "keras.utils"), "module 'keras.utils'"),
    "one that is no text": (of("Dense", ["keras.layers"]), "from the module"),
    "a function of Keras": (layer("Dense", activation=function("builtins", "deserialize")),
                            "the activation 'deserialize', which is not known"),
    "a function's other name": (
        layer("Dense", activation=function("builtins", "relu", registered_name="load_model")),
        "custom object, 'load_model'"),
    "a function that is none": (layer("Dense", activation=function("builtins", {"a": 1})),
                                "a function that is more than a name"),
    "a custom object": (of("Dense", "keras.layers", registered_name="mine>Dense"),
                        "a custom object, 'mine>Dense'"),
    "a class of a model's own": (layer("MyLayer"), "a layer or object 'MyLayer', which is not"),
    "a model in a file": (layer("TFSMLayer", filepath="/tmp/x"), "'TFSMLayer', which is not known"),
    "words in a file": (layer("StringLookup", vocabulary="/etc/passwd"), "'StringLookup'"),
    "a class name that is a list": ({"class_name": ["Dense"], "config": {}}, "is no text"),
    "no class name": ({"module": "os", "config": "system"}, "is no text"),
    "an activation by name": (layer("LSTM", recurrent_activation="backend"),
                              "the recurrent_activation 'backend'"),
    "an initializer by name": (layer("Dense", kernel_initializer="deserialize"),
                               "the kernel_initializer 'deserialize'"),
    "a regularizer by name": (layer("Dense", bias_regularizer="get"), "the bias_regularizer"),
    "a constraint by name": (layer("Dense", kernel_constraint="get"), "the kernel_constraint"),
    "an array of what is no number": (
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "S1000000"}},
        "an array whose dtype"),
    "a type of TensorFlow's": ({"class_name": "__typespec__", "config": []}, "'__typespec__'"),
    "TensorFlow's composite": ({"class_name": "CompositeTensor"}, "'CompositeTensor'"),
}  # fmt: skip


@pytest.mark.parametrize(("node", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_known_is_refused_wherever_it_stands(node, message):
    for place in (sequential(node), sequential(layer("TimeDistributed", layer=node))):
        with pytest.raises(ModelError, match=f"^m.h5: its configuration .*{message}") as caught:
            parse_config("m.h5", plain(place))
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"a": ' * 100_000, "not JSON"),
        ("[]", "names no class of model"),
        ("{}", "names no class of model"),
        ('{"a": 1, "a": 2}', "says a key twice"),
        ('{"class_name": "Sequential", "config": ' + "[" * 200 + "]" * 200 + "}", "levels deep"),
        ("9" * 10_000, "not JSON"),
    ],
)
def test_what_is_no_configuration(text, message):
    with pytest.raises(ModelError, match=message):
        parse_config("m.h5", text)


def test_what_is_known_passes_and_training_is_left_out():
    config = sequential(INPUT, {**DENSE, "compile_config": ADAM})
    known = sequential(INPUT, DENSE)
    assert parse_config("m", plain({**config, "compile_config": {"optimizer": ADAM}})) == known
    relu = function("builtins", "relu", registered_name="relu")
    parse_config(
        "m", plain(sequential(layer("Dense", activation=relu, kernel_initializer="zeros")))
    )
