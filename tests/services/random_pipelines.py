# ruff: noqa: E501 (a line an operator is easier to look over)
"""Random documents and random pipelines of the operators that are translated."""

import datetime
import math
from random import Random
from typing import Any

Document = dict[str, Any]
_WORDS = ["", "a", "A", "t", "1", "ZTF18abc", "é", "zz", "5", "true"]
_FLOATS = [0.0, 1.0, -1.0, 0.5, 2.5, 17.3, 19.123456, -999.0, 1e-3, 99.0, 0.1, 0.2, 0.3, 3.0]
_INTEGERS = [0, 1, 2, 3, -1, 5, 10, 99, -999, 1000]
_LARGE = [2**53 + 1, 2**62, -(2**62), 1105522281015015000]
_DATES = [datetime.datetime(2020, 2, 29, 23, 59, 59, 999000), datetime.datetime(1969, 12, 31, 1, 2)]
UNIT_OPERATORS = [
    "$abs", "$ceil", "$floor", "$round", "$trunc", "$sqrt", "$exp", "$ln", "$log10", "$sin", "$cos",
    "$atan", "$degreesToRadians", "$radiansToDegrees", "$asin", "$acos", "$tan", "$tanh",
]  # fmt: skip


class Maker:
    """Makes documents and pipelines from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.large = seed % 7 == 0
        self.odd = seed % 3 == 0  # NaN and infinity
        self.mixed = seed % 2 == 0  # paths of several kinds

    def choice(self, items: Any) -> Any:
        return self.random.choice(items)

    def number(self) -> Any:
        roll = self.random.random()
        if self.odd and roll < 0.08:
            return self.choice([math.nan, math.inf, -math.inf])
        if roll < 0.5:
            return self.choice(_FLOATS)
        return round(self.random.uniform(-30, 30), self.choice([1, 3, 9]))

    def integer(self) -> int:
        if self.large and self.random.random() < 0.3:
            return self.choice(_LARGE)
        return self.choice(_INTEGERS)

    def scalar(self) -> Any:
        return self.choice(
            [self.number, self.integer, lambda: self.choice(_WORDS), lambda: self.choice([True, False]),
             lambda: self.choice(_DATES), lambda: None]
        )()  # fmt: skip

    def put(self, document: Document, name: str, value: Any) -> None:
        roll = self.random.random()
        if roll < 0.15:
            return
        document[name] = None if roll < 0.28 else value

    def item(self) -> Document:
        item: Document = {}
        self.put(item, "x", self.number())
        self.put(item, "f", self.choice([1, 2, 3]))
        self.put(item, "s", self.choice(["t", "f", "1"]))
        return item

    def document(self, number: int) -> Document:
        out: Document = {"_id": number}
        candidate: Document = {}
        self.put(candidate, "x", self.number())
        self.put(candidate, "y", self.number())
        self.put(candidate, "n", self.integer())
        self.put(candidate, "s", self.choice(_WORDS))
        self.put(candidate, "b", self.choice([True, False]))
        self.put(candidate, "d", self.choice(_DATES))
        if self.mixed:
            self.put(candidate, "m", self.choice([self.number(), self.integer(), "t", True]))
        self.put(out, "c", candidate)
        self.put(out, "C", self.scalar() if self.mixed else self.number())
        self.put(out, "a \"b'; --", self.choice(_WORDS))
        inner: Document = {}
        self.put(inner, "q", self.scalar() if self.mixed else self.integer())
        self.put(inner, "a", [[1, 2], [3], []] if self.mixed else [{"x": [1, 2]}, {"x": [3]}, {}])
        self.put(out, "o", {"p": inner})
        size = self.choice([0, 0, 1, 2, 3, 5])
        items: list[Any] = [self.item() for _ in range(size)]
        if self.mixed and self.random.random() < 0.2:
            items.append(self.choice([None, 5, "t"]))
        self.put(out, "h", items)
        self.put(out, "l", [self.number() for _ in range(self.choice([0, 1, 3, 4]))])
        self.put(out, "i", [self.choice([1, 2, 3, 5]) for _ in range(self.choice([0, 2, 3]))])
        self.put(out, "g", [self.choice(_WORDS) for _ in range(self.choice([0, 2]))])
        if self.mixed:
            self.put(out, "z", [self.scalar() for _ in range(self.choice([0, 1, 3]))])
            self.put(out, "w", self.choice([self.number(), [1, 2.5], {"q": 1}, "t", [{"q": 2}]]))
        return out

    def constant(self) -> Any:
        return self.choice([self.number, self.integer, lambda: self.choice(_WORDS), lambda: None,
                            lambda: self.choice([True, False]), lambda: self.choice(_DATES)])()  # fmt: skip

    def path(self) -> str:
        paths = [
            "c.x",
            "c.y",
            "c.n",
            "c.s",
            "c.b",
            "c.d",
            "gone",
            "c.gone",
            "c.x.y",
            "h.x",
            "l",
            "C",
            "o.p.q",
            "o.p.a",
            "o.p.a.x",
            "a \"b'; --",
            "o.q",
            "c.X",
        ]
        return self.choice([*paths, *(["c.m", "w", "z", "w.q"] if self.mixed else [])])

    def of_numbers(self, depth: int, names: tuple[str, ...]) -> Any:
        """Give an expression that is a number most of the time."""
        roll = self.random.random()
        if depth <= 0 or roll < 0.35:
            leaves = ["$c.x", "$c.y", "$c.n", *(f"$${n}" for n in names)]
            return self.choice([*leaves, self.choice(leaves), self.number(), self.integer()])
        inner = lambda: self.of_numbers(depth - 1, names)  # noqa: E731
        return self.choice([
            lambda: {self.choice(["$add", "$multiply"]): [inner() for _ in range(self.choice([2, 2, 3]))]},
            lambda: {"$subtract": [inner(), inner()]},
            lambda: {"$divide": [inner(), inner()]},
            lambda: {"$mod": [inner(), self.choice([2, 2.5, 3.0, inner()])]},
            lambda: {"$pow": [inner(), self.choice([2, 0.5, 3.0])]},
            lambda: {self.choice(UNIT_OPERATORS): inner()},
            lambda: {"$round": [inner(), self.choice([0, 1, 2, 3])]},
            lambda: {"$cond": [self.condition(depth - 1, names), inner(), inner()]},
            lambda: {"$ifNull": [inner(), inner()]},
            lambda: {self.choice(["$min", "$max", "$sum", "$avg"]): [inner(), inner(), inner()]},
            lambda: {self.choice(["$min", "$max", "$sum", "$avg", "$stdDevPop", "$stdDevSamp"]):
                     self.array(depth - 1, names)},
            lambda: {"$size": self.array(depth - 1, names)},
            lambda: {"$arrayElemAt": [self.array(depth - 1, names), self.choice([0, 1, -1, -2])]},
            lambda: {self.choice(["$first", "$last"]): self.array(depth - 1, names)},
            lambda: {"$indexOfArray": [self.array(depth - 1, names), inner()]},
            lambda: {"$let": {"vars": {"v": inner()}, "in": self.of_numbers(depth - 1, (*names, "v"))}},
            lambda: {"$switch": {"branches": [{"case": self.condition(depth - 1, names), "then": inner()},
                                              {"case": self.condition(depth - 1, names), "then": inner()}],
                                 "default": inner()}},
            lambda: {"$reduce": {"input": self.array(depth - 1, names), "initialValue": 0.0, "in":
                     {"$add": ["$$value", {"$ifNull": ["$$this", 0.0]}]}}},
            lambda: {"$abs": {"$subtract": [inner(), inner()]}},
            lambda: {"$cmp": [self.any(depth - 1, names), self.any(depth - 1, names)]},
            lambda: {"$convert": {"input": self.any(depth - 1, names), "to": self.choice(["int", "long"]),
                                  "onError": -9, "onNull": -8}},
            lambda: {self.choice(["$year", "$month", "$dayOfWeek", "$millisecond", "$isoWeek", "$hour"]): "$c.d"},
            lambda: {"$strLenCP": {"$ifNull": ["$c.s", "none"]}},
            lambda: {"$literal": self.number()},
            lambda: {"$dateDiff": {"startDate": "$c.d", "endDate": {"$toDate": {"$multiply": [inner(), 86400000.5]}},
                     "unit": self.choice(["day", "hour", "second", "millisecond"])}},
            lambda: {"$subtract": ["$c.d", self.choice(["$c.d", self.choice(_DATES)])]},
            lambda: {"$indexOfCP": ["$c.s", "a"]},
            lambda: {"$toDouble": self.choice(["$c.n", "$c.b", "$c.x"])},
            lambda: {"$toLong": self.choice(["$c.n", "$c.b", "$c.x", "$c.s"])},
            lambda: {"$toInt": self.choice(["$c.n", "$c.b", "$c.s"])},
            lambda: {"$size": self.objects(depth - 1, names)},
            lambda: {"$let": {"vars": {"e": {"$arrayElemAt": [self.objects(depth - 1, names), self.choice([0, -1])]}},
                     "in": {"$subtract": ["$$e.x", "$c.x"]}}},
            lambda: {"$atan2": [inner(), inner()]},
            lambda: {"$min": {"$map": {"input": self.objects(depth - 1, names), "as": f"m{depth}",
                     "in": {"$cond": [{"$eq": [f"$$m{depth}.f", 1]}, f"$$m{depth}.x", None]}}}},
            lambda: {self.choice(["$min", "$max"]): [self.any(depth - 1, names), self.any(depth - 1, names)]},
            lambda: {"$getField": {"field": "x", "input": "$c"}},
        ])()  # fmt: skip

    def array(self, depth: int, names: tuple[str, ...]) -> Any:
        if depth <= 0 or self.random.random() < 0.4:
            arrays = ["$h.x", "$l", "$i", {"$ifNull": ["$l", []]}, {"$ifNull": ["$h.x", []]}]
            return self.choice([*arrays, *(["$z"] if self.mixed else [])])
        inner = lambda: self.array(depth - 1, names)  # noqa: E731
        name = f"v{depth}"
        return self.choice([
            lambda: {"$map": {"input": self.objects(depth - 1, names), "as": name,
                              "in": self.of_numbers(depth - 1, (*names, f"{name}.x", f"{name}.f"))}},
            lambda: {"$map": {"input": inner(), "as": name, "in": self.of_numbers(depth - 1, (*names, name))}},
            lambda: {"$filter": {"input": inner(), "as": name, "cond": self.condition(depth - 1, (*names, name))}},
            lambda: {"$concatArrays": [inner(), inner()]},
            lambda: {"$slice": [inner(), self.choice([1, 2, -2, 0])]},
            lambda: {"$slice": [inner(), self.choice([0, 1, -2]), 2]},
            lambda: {"$reverseArray": inner()},
            lambda: {"$range": [0, {"$size": {"$ifNull": ["$l", []]}}]},
            lambda: [self.of_numbers(depth - 1, names), self.of_numbers(depth - 1, names)],
            lambda: {"$sortArray": {"input": inner(), "sortBy": self.choice([1, -1])}},
            lambda: {"$cond": [self.condition(depth - 1, names), inner(), inner()]},
            lambda: {self.choice(["$setUnion", "$setIntersection"]): [inner(), inner()]},
        ])()  # fmt: skip

    def objects(self, depth: int, names: tuple[str, ...]) -> Any:
        if depth <= 0 or self.random.random() < 0.6:
            return self.choice(["$h", {"$ifNull": ["$h", []]}])
        name = f"o{depth}"
        return self.choice([
            lambda: {"$filter": {"input": self.objects(depth - 1, names), "as": name,
                                 "cond": self.condition(depth - 1, (*names, f"{name}.x", f"{name}.f"))}},
            lambda: {"$concatArrays": [self.objects(depth - 1, names), [{"x": "$c.x", "f": 2}]]},
            lambda: {"$sortArray": {"input": self.objects(depth - 1, names), "sortBy": {"x": 1}}},
        ])()  # fmt: skip

    def any(self, depth: int, names: tuple[str, ...]) -> Any:
        """Give an expression of any kind."""
        return self.choice([
            lambda: self.of_numbers(depth, names), lambda: self.of_numbers(depth, names),
            lambda: "$" + self.path(), lambda: "$" + self.path(), self.constant,
            lambda: self.condition(depth, names), lambda: self.text(depth, names),
            lambda: self.array(depth, names) if depth > 0 else "$c.s",
        ])()  # fmt: skip

    def text(self, depth: int, names: tuple[str, ...]) -> Any:
        return self.choice([
            lambda: {"$concat": ["$c.s", self.choice(_WORDS), "$c.s"]},
            lambda: {self.choice(["$toLower", "$toUpper"]): self.choice(["$c.s", "$c.n", "$gone", "$c.m"])},
            lambda: {"$substrCP": ["$c.s", self.choice([0, 1, 5]), self.choice([0, 2])]},
            lambda: {"$toString": self.any(depth - 1, names) if depth > 0 else "$c.x"},
            lambda: {"$type": "$" + self.path()},
            lambda: {"$ifNull": ["$c.s", self.choice(_WORDS)]},
            lambda: {"$switch": {"branches": [{"case": self.condition(depth - 1, names), "then": "one"}],
                                 "default": self.choice(["two", "$c.s"])}},
            lambda: {"$arrayElemAt": [{"$split": ["$c.s", "a"]}, 0]},
            lambda: {"$toString": {"$toDate": self.choice([0.0, 1.5e12, -1.0e12])}},
            lambda: {"$arrayElemAt": ["$g", self.choice([0, -1])]},
            lambda: {self.choice(["$min", "$max"]): "$g"},
        ])()  # fmt: skip

    def condition(self, depth: int, names: tuple[str, ...]) -> Any:
        compare = ["$lt", "$lte", "$gt", "$gte", "$eq", "$ne"]
        if depth <= 0:
            return {
                self.choice(compare): [
                    self.of_numbers(0, names),
                    self.choice([self.number(), "$c.y", None]),
                ]
            }
        inner = lambda: self.condition(depth - 1, names)  # noqa: E731
        return self.choice([
            lambda: {self.choice(compare): [self.of_numbers(depth - 1, names), self.of_numbers(depth - 1, names)]},
            lambda: {self.choice(compare): [self.any(depth - 1, names), self.any(depth - 1, names)]},
            lambda: {self.choice(["$and", "$or"]): [inner(), inner(), self.any(depth - 1, names)]},
            lambda: {"$not": [inner()]},
            lambda: {"$in": [self.any(depth - 1, names), [1, "1", "t", True, 2.5, None]]},
            lambda: {"$in": [self.of_numbers(depth - 1, names), self.array(depth - 1, names)]},
            lambda: {self.choice(["$anyElementTrue", "$allElementsTrue"]): [self.array(depth - 1, names)]},
            lambda: {"$anyElementTrue": {"$map": {"input": self.objects(depth - 1, names), "as": f"w{depth}",
                     "in": self.condition(depth - 1, (*names, f"w{depth}.x", f"w{depth}.f"))}}},
            lambda: {"$isNumber": self.any(depth - 1, names)},
            lambda: {"$isArray": [self.any(depth - 1, names)]},
            lambda: {self.choice(["$setIsSubset", "$setEquals"]): [[1, 2], {"$ifNull": ["$i", []]}]},
            lambda: {"$regexMatch": {"input": "$c.s", "regex": self.choice(["^a", "[0-9]+", "f$"])}},
            lambda: {"$toBool": self.any(depth - 1, names)},
            lambda: {"$eq": [self.array(depth - 1, names), []]},
        ])()  # fmt: skip

    def query(self, depth: int) -> Document:
        out: Document = {}
        for _ in range(self.choice([1, 1, 2, 3])):
            roll = self.random.random()
            if depth > 0 and roll < 0.2:
                out[self.choice(["$and", "$or", "$nor"])] = [
                    self.query(depth - 1),
                    self.query(depth - 1),
                ]
            elif depth > 0 and roll < 0.35:
                out["$expr"] = self.condition(2, ())
            else:
                paths = [
                    self.path(),
                    "h",
                    "h.0",
                    "h.1.x",
                    "h.f",
                    "i",
                    "g",
                    "l.0",
                    "h.s",
                    "h.gone",
                    "h.0.s",
                ]
                out[self.choice(paths)] = self.asked(1)
        return out

    def asked(self, depth: int) -> Any:
        def number() -> Any:
            return self.choice([self.number(), self.integer()])

        return self.choice([
            self.constant,
            lambda: {self.choice(["$lt", "$lte", "$gt", "$gte", "$eq", "$ne"]): self.constant()},
            lambda: {"$gt": number(), "$lt": number()},
            lambda: {self.choice(["$in", "$nin"]): [self.constant(), self.constant(), 1, "t"]},
            lambda: {"$exists": self.choice([True, False])},
            lambda: {"$size": self.choice([0, 1, 2])},
            lambda: {"$type": self.choice(["number", "string", "array", "object", "null", "int", "double",
                                           "bool", "date", "long", ["int", "null"]])},
            lambda: {"$not": {self.choice(["$lt", "$gte", "$eq"]): self.constant()}},
            lambda: {"$elemMatch": {"x": {"$gt": number()}, "f": self.choice([1, {"$ne": 2}, None])}},
            lambda: {"$elemMatch": {"$gte": number(), "$lt": number()}},
            lambda: {"$all": [self.choice([1, 2, "t"]), self.choice([1, 3])]},
            lambda: {"$regex": self.choice(["^Z", "a", "1$", "^ZTF(18|19)", "[a-c]+"]),
                     "$options": self.choice(["", "i"])},
            lambda: self.choice([[], [1, 2]]),
            lambda: {"$mod": [2, 1]},
        ])()  # fmt: skip

    def stage(self) -> Document:
        return self.choice([
            lambda: {"$match": self.query(2)},
            lambda: {"$match": self.query(1)},
            lambda: {"$project": {"c": 1, "h": 1, "l": 1, "i": 1, "r": self.any(3, ()), "q.a": self.any(2, ())}},
            lambda: {"$project": {"c.x": 1, "c.s": 1, "h.x": 1, "h.f": 1, "l": 1, "o": {"$size": {"$ifNull": ["$h", []]}}}},
            lambda: {"$addFields": {"r": self.any(3, ()), "c.y": self.of_numbers(2, ())}},
            lambda: {"$addFields": {"k": self.condition(3, ()), "p": self.array(2, ())}},
            lambda: {"$project": {self.choice(["h", "c.x", "l", "gone", "h.x"]): 0}},
            lambda: {"$unset": self.choice(["c.y", "h.s", ["l", "c.n"]])},
            lambda: {"$replaceRoot": {"newRoot": {"_id": "$_id", "c": "$c", "h": "$h", "l": "$l", "t": self.any(1, ())}}},
            lambda: {"$match": {"r": self.asked(1)}},
            lambda: {"$match": {"k": self.choice([True, False])}},
            lambda: {"$replaceWith": {"$mergeObjects": ["$c", {"_id": "$_id", "c": "$c", "u": self.any(1, ())}]}},
        ])()  # fmt: skip

    def gathered(self) -> list[Document]:
        """Give stages that take an array apart and group it again."""
        group = {
            "_id": self.choice(["$_id", None, {"a": "$_id"}]),
            "n": {"$sum": 1},
            "s": {self.choice(["$sum", "$avg", "$min", "$max"]): "$h.x"},
            "f": {self.choice(["$first", "$last", "$push"]): "$h.f"},
            "c": {"$first": "$c"},
        }
        order = [{"$sort": {"h.x": self.choice([1, -1])}}] if self.random.random() < 0.5 else []
        return [
            {"$unwind": "$h"},
            *order,
            {"$group": group},
            {"$match": {"n": {"$gte": self.choice([1, 2])}}},
        ]

    def pipeline(self) -> list[Document]:
        return [self.stage() for _ in range(self.choice([1, 2, 2, 3]))]
