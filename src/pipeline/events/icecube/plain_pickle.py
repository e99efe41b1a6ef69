"""Pickles of plain values, read without `pickle`: nothing in them is ever called.

`pickletools` splits a pickle into its opcodes; of those, the ones that make numbers, text,
lists, tuples and dictionaries are carried out here, with bounds that a hostile pickle cannot
pass: on the steps, on the keys (text alone: whoever sends numbers as keys can make them all
collide, and one who nests tuples makes their hash take for ever) and on the copies.
"""

import pickletools
from dataclasses import dataclass
from typing import Any

MAX_STEPS = 10_000
"""Opcodes: IceCube's messages have below 300, each of their frames below 30."""

VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING"),  # Python 2's, as Latin-1
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
ENCODE = ("_codecs", "encode")
"""How pickles of protocol 2 spell bytes: text, to be encoded as Latin-1."""


@dataclass
class Instance:
    """Stands for an object of a known class: its class, and the state it was given, if any."""

    kind: tuple[str, str]
    state: Any = None


@dataclass(frozen=True)
class _Name:
    """A class or function that a pickle asks for."""

    name: tuple[str, str]


def load_plain(data: bytes, classes: frozenset[tuple[str, str]] = frozenset()) -> Any:
    """Read a pickle of plain values, of any protocol.

    Parameters
    ----------
    data : bytes
        The pickle.
    classes : frozenset of tuple of str
        Module and name of classes whose objects may be in it; each becomes an `Instance`.

    Raises
    ------
    ValueError
        If it is damaged, asks for another class or any function, has keys that are no text,
        or more than `MAX_STEPS` opcodes.
    """
    machine = _Machine(len(data), classes)
    try:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if step >= MAX_STEPS:
                raise ValueError(f"more than {MAX_STEPS} opcodes")
            if opcode.name == "STOP":
                break
            machine.carry_out(opcode.name, argument)
        return machine.pop()
    except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
        words: dict[type[Exception], str] = {
            IndexError: "its stack is empty",
            KeyError: "it gets what it never put",
        }
        raise ValueError(f"pickle refused: {words.get(type(error), str(error)[:200])}") from error


class _Machine:
    """What carries out opcodes: a stack, marks in it, and a memo, as `pickletools` tells."""

    def __init__(self, size: int, classes: frozenset[tuple[str, str]]) -> None:
        self._size, self._classes = size, classes
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._encoded = 0

    def pop(self) -> Any:
        return self._stack.pop()

    def carry_out(self, name: str, argument: Any) -> None:
        """Carry out one opcode."""
        if name in VALUES:
            self._stack.append(argument)
        elif name in CONSTANTS:
            self._stack.append(CONSTANTS[name])
        elif name in EMPTY:
            self._stack.append(EMPTY[name]())
        elif name in TUPLES:
            items = [self.pop() for _ in range(TUPLES[name])]
            self._stack.append(tuple(reversed(items)))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self._stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[argument])
        elif handler := getattr(self, f"_{name.lower()}", None):
            handler(argument)
        else:
            raise ValueError(f"opcode {name}, which plain values do not need")

    def _proto(self, _: int) -> None:
        pass

    def _frame(self, length: int) -> None:
        if length > self._size:
            raise ValueError("a frame is longer than the pickle")

    def _memoize(self, _: None) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _mark(self, _: None) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _list(self, _: None) -> None:
        items = self._since_mark()
        self._stack.append(items)

    def _tuple(self, _: None) -> None:
        items = self._since_mark()
        self._stack.append(tuple(items))

    def _dict(self, _: None) -> None:
        items = self._since_mark()
        self._stack.append(_items({}, items))

    def _append(self, _: None) -> None:
        item = self.pop()
        _of_type(self._stack[-1], list).append(item)

    def _appends(self, _: None) -> None:
        items = self._since_mark()
        _of_type(self._stack[-1], list).extend(items)

    def _setitem(self, _: None) -> None:
        value, key = self.pop(), self.pop()
        _items(_of_type(self._stack[-1], dict), [key, value])

    def _setitems(self, _: None) -> None:
        items = self._since_mark()
        _items(_of_type(self._stack[-1], dict), items)

    def _global(self, argument: str) -> None:
        self._ask(*argument.split(" ", 1))

    def _stack_global(self, _: None) -> None:
        name, module = self.pop(), self.pop()
        self._ask(_of_type(module, str), _of_type(name, str))

    def _ask(self, module: str, name: str) -> None:
        if not self._classes or (module, name) not in {ENCODE, *self._classes}:
            raise ValueError(f"it wants {module[:100]}.{name[:100]}")
        self._stack.append(_Name((module, name)))

    def _reduce(self, _: None) -> None:
        arguments, asked = self.pop(), _of_type(self.pop(), _Name)
        if asked.name == ENCODE:
            self._stack.append(self._encode(*_of_type(arguments, tuple)))
        else:
            self._make(asked, arguments)

    def _newobj(self, _: None) -> None:
        arguments, asked = self.pop(), _of_type(self.pop(), _Name)
        self._make(asked, arguments)

    def _make(self, asked: _Name, arguments: Any) -> None:
        if asked.name == ENCODE or arguments != ():
            raise ValueError(f"{asked.name[1]} with arguments")
        self._stack.append(Instance(asked.name))

    def _build(self, _: None) -> None:
        state = self.pop()
        instance = _of_type(self._stack[-1], Instance)
        if instance.state is not None:
            raise ValueError("an object is given a state twice")
        instance.state = state

    def _encode(self, text: Any, encoding: Any) -> bytes:
        if encoding not in ("latin1", "latin-1"):
            raise ValueError("an encoding that is not Latin-1")
        # Each text is spelled once and encoded once, so all copies fit the pickle's own length.
        self._encoded += len(_of_type(text, str))
        if self._encoded > self._size:
            raise ValueError("it encodes a text again and again")
        return text.encode("latin-1")


def _of_type(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"a {type(value).__name__} where a {kind.__name__} must be")
    return value


def _items(target: dict[str, Any], items: list[Any]) -> dict[str, Any]:
    if len(items) % 2:
        raise ValueError("a key without a value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not str:
            raise ValueError(f"a key is a {type(key).__name__}, not text")
        target[key] = value
    return target
