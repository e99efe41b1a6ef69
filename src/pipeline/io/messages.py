"""An error in one line of text: for rows of tables, the terminal, and errors of our own."""

_ADVICE = "; use sys.set_int_max_str_digits()"


def one_line(error: BaseException) -> str:
    """Return what went wrong in one line, with its notes.

    >>> one_line(FileNotFoundError(2, "No such file or directory", "a.tsv"))
    'a.tsv: No such file or directory'
    """
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        text = f"{error.filename}: {error.strerror}"
    else:
        text = words(error)
    notes = getattr(error, "__notes__", [])
    return printable(" ".join("; ".join([text, *notes]).split()))


def printable(text: str, keep: str = "") -> str:
    r"""Return text without what a terminal obeys or turns the direction of writing.

    Errors and logs repeat names out of packets and files. Control characters (escapes among
    them), odd blanks and halves of letters are written out, other than those in `keep`.

    >>> printable("ZTF18\x1b[31mabc\n"), printable("a\nb", keep="\n")
    ('ZTF18\\x1b[31mabc\\n', 'a\nb')
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


def words(error: BaseException) -> str:
    r"""Return an error's words without line breaks; its type where it has none.

    What Python tells programmers to do about integers of thousands of digits is left out.

    >>> words(ValueError("expected\n  a number"))
    'expected a number'
    >>> words(ValueError("Exceeds the limit; use sys.set_int_max_str_digits() to …"))
    'Exceeds the limit'
    """
    return " ".join(str(error).partition(_ADVICE)[0].split()) or type(error).__name__


def first_line(error: BaseException) -> str:
    r"""Return what other libraries' errors, which may fill a screen, say first.

    >>> first_line(ValueError("bad layer\nTraceback …"))
    'bad layer'
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
