"""The archive: cone indexes, queries on the tables, and a MongoDB where one is named."""
