"""The documents between two stages, as a SELECT that grows stage by stage."""

from dataclasses import dataclass, field, replace

from pipeline.documents import sql
from pipeline.documents.context import Context
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded, encoded, type_of
from pipeline.documents.values import NO_CONSTANT, Names, Record, Value

ROW = "__doc"
LONGEST = 1_000_000
LONG = 400  # characters from which an expression is made a column: it may be asked for often


@dataclass
class Stream:
    """Documents on their way, each with the key of the one that it came from.

    Attributes
    ----------
    relation : str
        What they are selected from.
    key : str
        SQL of the key there.
    root : Value
        A document.
    names : Names
    prefix : str
        With which the names of columns made here start, and no other's.
    missing : set of str
        Paths that no column has.
    collection : bool
        Whether they are run through together: if one fails, all do.
    where : list of str
        Conditions not yet applied.
    verdict : str
        SQL of the number of the condition that failed; documents that failed stay until they
        are dropped, as DuckDB would compute twice what a WHERE asks for.
    texts : list of str
        The conditions by their numbers.
    many : bool
        Whether one document of the source may be several here.
    order : list of str
        SQL of what these are in order of; empty where it is not said.
    steps : list of str
        The common table expressions so far.
    """

    relation: str
    key: str
    root: Value
    names: Names
    prefix: str = "__"
    missing: set[str] = field(default_factory=set)
    collection: bool = False
    where: list[str] = field(default_factory=list)
    verdict: str = sql.NULL
    texts: list[str] = field(default_factory=list)
    many: bool = False
    order: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    _columns: int = 0

    def context(self) -> Context:
        """Give what the expressions of the next stage can refer to."""
        return Context(self.root, names=self.names, missing=self.missing, hoist=self._hoisted)

    def named(self, word: str) -> str:
        """Give the name of a column made here."""
        return sql.name(f"{self.prefix}{word}")

    def at(self, word: str) -> str:
        """Give the SQL of a column made here."""
        return f"{ROW}.{self.named(word)}"

    def test(self, conditions: list[tuple[str, str]]) -> None:
        """Let documents fail where a condition does not hold.

        Parameters
        ----------
        conditions : list of (str, str)
            SQL that is never NULL, and the text for the verdict; in their order.
        """
        had = self.verdict != sql.NULL
        branches = [(f"{self.verdict} IS NOT NULL", self.verdict)] if had else []
        for condition, text in conditions:
            branches.append((sql.negated(condition), str(len(self.texts))))
            self.texts.append(text)
        found = sql.case(branches, sql.NULL)
        word = f"v{len(self.texts)}"
        self._step([f"{ROW}.*", f"CAST({found} AS INTEGER) AS {self.named(word)}"])
        self.verdict = self.at(word)

    def drop(self) -> None:
        """Let go of the documents that have failed."""
        if self.verdict != sql.NULL:
            self.where.append(f"{self.verdict} IS NULL")
            self.verdict = sql.NULL

    def become(
        self, root: Value, extra: list[str] | None = None, order: list[str] | None = None
    ) -> None:
        """Go on with new documents, their fields made columns.

        Parameters
        ----------
        root : Value
            The new document, of the columns of this.
        extra : list of str
            More to select.
        order : list of str
            SQL of what they are in order of, if it changes.
        """
        columns: list[str] = []
        kept = self._stored(root, columns)
        selected = [f"{self.key} AS {self.named('k')}", *columns, *(extra or [])]
        if self.verdict != sql.NULL:
            selected.append(f"{self.verdict} AS {self.named('v')}")
        for number, text in enumerate(self.order if order is None else order):
            selected.append(f"{text} AS {self.named(f'o{number}')}")
        self._step(selected)
        self.key, self.root = self.at("k"), kept
        if self.verdict != sql.NULL:
            self.verdict = self.at("v")
        self.order = [self.at(f"o{n}") for n in range(len(self.order if order is None else order))]

    def group(self, keys: list[str], columns: list[str]) -> None:
        """Go on with one row a group."""
        by = ", ".join([self.key, *keys])
        self._step([f"{self.key} AS {self.named('k')}", *columns], f" GROUP BY {by}")
        self.key, self.order = self.at("k"), []

    def _step(self, selected: list[str], tail: str = "") -> None:
        name = self.named(f"s{len(self.steps)}")
        where = f" WHERE {sql.both(*self.where)}" if self.where else ""
        text = f"SELECT {', '.join(selected)} FROM {self.relation} AS {ROW}{where}{tail}"  # noqa: S608 (quoted by sql.py)
        self.steps.append(f"{name} AS ({text})")
        if sum(map(len, self.steps)) > LONGEST:
            raise Refused(f"a pipeline whose SQL has more than {LONGEST} characters")
        self.relation, self.where = name, []

    def _hoisted(self, value: Value) -> Value:
        """Make a value a column if its SQL is long, so that it is not repeated."""
        if len(value.error) > LONG:
            value = replace(value, error=f"coalesce({self._extra(value.error)}, FALSE)")
        parts = [*value.scalars.values(), value.null_sql]
        parts += [value.array.sql] if value.array else []
        parts += [value.record.struct] if value.record else []
        split = value.record is not None and value.record.type is None
        if split or value.unknown or not value.kinds or max(map(len, parts)) <= LONG:
            return value
        kind = type_of(value)
        kept = decoded(self._extra(encoded(value, kind, self.names)), kind)
        return replace(
            kept, error=value.error, bits=value.bits, nan=value.nan, infinite=value.infinite
        )

    def _extra(self, text: str) -> str:
        """Add a column to those that there are."""
        columns: list[str] = []
        at = self._column(text, columns)
        self._step([f"{ROW}.*", *columns])
        return at

    def _stored(self, value: Value, columns: list[str], top: bool = True) -> Value:
        """Make columns of a value's parts; give the value of these columns."""
        record = value.record
        split = record is not None and value.kinds == {"object"}
        if split and record is not None and (top or (record.type is None and not value.null)):
            present = record.present
            if present not in (sql.TRUE, sql.FALSE):
                present = f"coalesce({self._column(present, columns)}, FALSE)"
            fields = {k: self._stored(v, columns, False) for k, v in record.fields.items()}
            return replace(value, record=Record(present, fields), error=sql.FALSE)
        if value.constant is not NO_CONSTANT and not value.record and not value.array:
            return replace(value, error=sql.FALSE)
        if value.unknown:
            if value.kinds != {"unknown"}:
                raise Refused("a column of a type that documents do not have")
            raw = self._column(value.scalars["unknown"], columns)
            return replace(value, scalars={"unknown": raw}, null_sql=sql.FALSE)
        if not value.kinds and not (value.null and value.missing):
            return replace(value, error=sql.FALSE)
        kind = type_of(value)
        kept = decoded(self._column(encoded(value, kind, self.names), columns), kind)
        return replace(
            kept, bits=value.bits, nan=value.nan, infinite=value.infinite, constant=value.constant
        )

    def _column(self, text: str, columns: list[str]) -> str:
        self._columns += 1
        word = f"c{self._columns}"
        if "lambda" in text and self.verdict != sql.NULL:
            # what has failed needs no more work
            text = f"CASE WHEN {self.verdict} IS NULL THEN {text} END"
        columns.append(f"{text} AS {self.named(word)}")
        return self.at(word)
