"""A survey like Rubin's: its visits, its sky, what it measures, its stamps and packets."""
