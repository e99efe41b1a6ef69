"""The events that are asked for: for the rules of whoever uses them."""

from pipeline.events import domain as events

EVENT_OF = {row.event: row for row in events.events(REQUEST)}


wildcard_constraints:
    event="[A-Za-z0-9_+-]+",


def event_of(wildcards):
    """Return the line of events.tsv that a job belongs to."""
    return EVENT_OF[wildcards.event]
