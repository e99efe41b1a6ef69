"""Print a script by which a shell completes commands, options and their values."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

COMMAND = "completion"
EXAMPLES = ("nightmill completion bash", "nightmill completion zsh")
_FILES = ("FILE", "DIR", "OTHER", "OUT.csv", "DOCS.jsonl[.gz]")
"""Words for a value that is a path, where its type does not say so."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("shell", choices=("bash", "zsh"))


def run(arguments: argparse.Namespace) -> None:
    """Print the script."""
    from pipeline.cli.main import build_parser  # noqa: PLC0415 - imports this module

    print({"bash": bash_script, "zsh": zsh_script}[arguments.shell](build_parser()), end="")


@dataclass(frozen=True)
class Argument:
    """An option, or a positional argument without names.

    Attributes
    ----------
    names : tuple of str
    words : str
        Its help.
    values : tuple of str
        Those it can have, if they are few.
    takes : str
        What its value is called; empty if it has none.
    is_path : bool
    repeats : bool
        Whether the option may stand twice, or the argument may be several words.
    """

    names: tuple[str, ...]
    words: str
    values: tuple[str, ...]
    takes: str
    is_path: bool
    repeats: bool


@dataclass(frozen=True)
class Command:
    """A command, or a group of them: its words with a space before each, and what may follow."""

    path: str
    children: tuple[tuple[str, str], ...]
    arguments: tuple[Argument, ...]

    @property
    def options(self) -> list[Argument]:
        """Those of its arguments that have names."""
        return [argument for argument in self.arguments if argument.names]


def commands_of(parser: argparse.ArgumentParser, path: str = "") -> Iterator[Command]:
    """Yield the program itself, its groups and its commands."""
    # argparse has no public way to ask a parser what it takes
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    children = tuple((c.dest, c.help or "") for group in groups for c in group._choices_actions)
    arguments = tuple(_argument(a) for a in parser._actions if a not in groups)
    yield Command(path, children, arguments)
    for group in groups:
        for name, child in group.choices.items():
            yield from commands_of(child, f"{path} {name}")


def _argument(action: argparse.Action) -> Argument:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest
    return Argument(
        tuple(action.option_strings),
        action.help or metavar,
        tuple(map(str, action.choices or ())),
        "" if action.nargs == 0 else metavar,
        action.type is Path or metavar in _FILES,
        isinstance(action, argparse._AppendAction)
        or (not action.option_strings and action.nargs in ("*", "+")),
    )


_NO_FILES = "compopt +o default +o bashdefault 2>/dev/null"
_BASH = """\
# Completion of nightmill in bash, as `nightmill completion bash` prints it.
_nightmill() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}}
    local command="" words="" options="" i
    # --option=value comes as three words
    if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$command ${{COMP_WORDS[i]}}" in
            {paths}) command+=" ${{COMP_WORDS[i]}}" ;;
        esac
    done
    case "$command" in
{commands}
    esac
    # where no word is known, files are completed
    if [[ $cur == -* ]]; then words=$options; fi
    if [[ -n $words ]]; then {no_files}; fi
    case "$command $prev" in
{values}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o bashdefault -o default -F _nightmill nightmill
"""


def bash_script(parser: argparse.ArgumentParser) -> str:
    """Return the script for bash 3.2 and later."""
    found = list(commands_of(parser))
    lines: list[str] = []
    after: dict[str, list[str]] = {}
    for command in found:
        words = [name for name, _ in command.children]
        words += [value for a in command.arguments if not a.names for value in a.values]
        names = [name for option in command.options for name in option.names]
        said = f'words="{" ".join(words)}" options="{" ".join(names)}"'
        lines.append(f'        "{command.path}") {said} ;;')
        for option in command.options:
            if option.takes:
                patterns = [f'"{command.path} {name}"' for name in option.names]
                after.setdefault(_bash_value(option), []).extend(patterns)
    return _BASH.format(
        no_files=_NO_FILES,
        paths="|".join(f'"{command.path}"' for command in found if command.path),
        commands="\n".join(lines),
        values="\n".join(f"        {'|'.join(names)}) {do} ;;" for do, names in after.items()),
    )


def _bash_value(option: Argument) -> str:
    """Return what completes a value: words; files, by what bash does without any; or nothing."""
    if option.values:
        return f'words="{" ".join(option.values)}"; {_NO_FILES}'
    return "words=" if option.is_path else f"words=; {_NO_FILES}"


_ZSH = """\
#compdef nightmill
# Completion of nightmill in zsh, as `nightmill completion zsh` prints it.
_nightmill() {{
    local command="" i depth=1
    local -a names
    for ((i = 2; i < CURRENT; i++)); do
        case "$command $words[i]" in
            ({paths}) command+=" $words[i]"; depth=$i ;;
        esac
    done
    words=("${{(@)words[depth,-1]}}")
    ((CURRENT -= depth - 1))
    case "$command" in
{commands}
    esac
}}
if [[ $funcstack[1] == _nightmill ]]; then _nightmill "$@"; else compdef _nightmill nightmill; fi
"""


def zsh_script(parser: argparse.ArgumentParser) -> str:
    """Return the script for zsh: to be sourced, or as ``_nightmill`` in a folder of `fpath`."""
    found = list(commands_of(parser))
    lines = []
    for command in found:
        if command.children:
            told = " ".join(_quoted(f"{name}:{words}") for name, words in command.children)
            done = f"names=({told}); _describe command names"
        else:
            done = "_arguments " + " ".join(_quoted(s) for s in _specs(command.arguments))
        lines.append(f'        ("{command.path}") {done} ;;')
    paths = "|".join(f'"{command.path}"' for command in found if command.path)
    return _ZSH.format(paths=paths, commands="\n".join(lines))


def _specs(arguments: Iterable[Argument]) -> Iterator[str]:
    """Yield what zsh's ``_arguments`` takes for each."""
    place = 0
    for argument in arguments:
        action = f"({' '.join(argument.values)})" if argument.values else ""
        action = action or ("_files" if argument.is_path or not argument.names else "")
        value = f":{_escaped(argument.takes)}:{action}"
        if not argument.names:
            place += 1
            yield f"{'*' if argument.repeats else place}{value}"
        for name in argument.names:
            words = f"[{_escaped(argument.words)}]"
            more = "*" * argument.repeats
            equals = "=" if argument.takes and name.startswith("--") else ""
            yield f"{more}{name}{equals}{words}{value if argument.takes else ''}"


def _escaped(text: str) -> str:
    for letter in "\\[]:":
        text = text.replace(letter, f"\\{letter}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
