"""With what a round began, on disk beside its worklist, and how far it has come."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.io.atomic import write_json
from pipeline.io.json_file import read_json
from pipeline.vra.labels.store import read
from pipeline.vra.places import BEGAN, EXPERIMENT, is_closed, open_round, round_name, rounds


@dataclass(frozen=True)
class Began:
    """What does not change about a round, whatever the configuration says later.

    Attributes
    ----------
    round : int
    strategy : str
        By which its alerts were chosen: ``random`` where no model is there.
    seed : int
    wanted : int
        Labels that it waits for, of classes of `classes`.
    classes : mapping of str to int
        See `pipeline.vra.rounds.class_maps`.
    labels : str
        The folder of labels, from the working directory.
    pool : int
        Alerts that were chosen from.
    candids : list of int
        Of the worklist, in its order.
    """

    round: int
    strategy: str
    seed: int
    wanted: int
    classes: Mapping[str, int]
    labels: str
    pool: int
    candids: list[int]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        write_json(asdict(self), path)


@dataclass(frozen=True)
class Status:
    """How far an experiment has come.

    Attributes
    ----------
    round : int
        That is open, or will be opened by the next run.
    began : Began, optional
        Absent if its worklist is still to be made.
    classified : int
        Alerts of the worklist with a label of one of its classes.
    left : int
        Alerts of the worklist that nobody gave a label, or skipped.
    """

    round: int
    began: Began | None = None
    classified: int = 0
    left: int = 0

    @property
    def can_begin(self) -> bool:
        """Whether its worklist is to be made, or made anew once more alerts are there."""
        return self.began is None or not self.began.candids

    @property
    def can_close(self) -> bool:
        """Whether it has the labels that it waits for, or all that its worklist can give."""
        if self.began is None or self.can_begin:
            return False
        return self.classified >= self.began.wanted or not self.left

    def line(self) -> str:
        """Return it in words."""
        if self.began is None:
            return f"round {self.round}: the next run makes its worklist"
        of = f"round {self.round} is open, by {self.began.strategy}"
        if not self.began.candids:
            why = "the pool's alerts all have a label" if self.began.pool else "the pool is empty"
            return f"{of}: nobody is left to ask about until more nights are there: {why}"
        said = f"{self.classified} of {self.began.wanted} labels are there"
        if self.can_close:
            return f"{of}: {said}: the next run closes it"
        return f"{of}: {said}: nightmill label"


def status_of(directory: Path, experiment: str) -> Status:
    """Return how far an experiment has come, by what is on disk.

    Raises
    ------
    ValueError
        If what stands about the open round is damaged.
    """
    number = open_round(directory, experiment)
    if number is None:
        begun = rounds(directory, experiment)
        return Status(begun[-1] + 1 if begun else 0)
    began = read_began(directory / BEGAN.format(experiment=experiment, round=round_name(number)))
    labels = read(directory / began.labels)
    answered = {label.candid for label in labels.given}  # skipped ones among them
    counts = labels.by_candid()
    classified = sum(c in counts and counts[c].label in began.classes for c in began.candids)
    return Status(number, began, classified, sum(c not in answered for c in began.candids))


def labels_folder(directory: Path, experiment: str, number: int, configured: str) -> str:
    """Return the folder whose labels a round waits for: that with which it began.

    Parameters
    ----------
    directory : Path
        The working directory.
    experiment : str
    number : int
    configured : str
        The folder where nothing is known of how it began.
    """
    path = directory / BEGAN.format(experiment=experiment, round=round_name(number))
    return read_began(path).labels if path.exists() else configured


def read_began(path: Path) -> Began:
    """Return with what a round began.

    Raises
    ------
    ValueError
        If it is damaged; the message names the file.
    """
    advice = f"delete {path.parent} and run the workflow, which begins the round anew; labels stay"
    try:
        return TypeAdapter(Began).validate_python(read_json(path, advice))
    except FileNotFoundError as error:
        raise ValueError(f"{path}: is gone: {advice}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        words = f"{where}: {first['msg']}" if where else first["msg"]
        raise ValueError(f"{path}: is not about a round: {words}: {advice}") from error


def rounds_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each experiment of a working directory."""
    folder = directory / EXPERIMENT.format(experiment="")
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if begun := rounds(directory, path.name):
            closed = sum(is_closed(directory, path.name, number) for number in begun)
            line = status_of(directory, path.name).line()
            rounds_ = f"{closed} round{'' if closed == 1 else 's'} closed"
            yield f"assistant {path.name}: {rounds_}; {line}"
