"""What can be asked of the archive: the query types, and who answers them."""
