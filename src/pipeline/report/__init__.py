"""The morning page: one file a night, and an index over all of them."""
