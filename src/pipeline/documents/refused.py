"""What is not translated, and why."""


class Refused(ValueError):
    """A pipeline, query or part of one that cannot be translated exactly.

    The text says where (stage number, operator) and why. Whoever has a MongoDB can run the
    pipeline there; whoever has none gets no answer instead of a wrong one.
    """
