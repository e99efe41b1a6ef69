"""The words by which a domain declares itself and what it gets; knows no domain."""
