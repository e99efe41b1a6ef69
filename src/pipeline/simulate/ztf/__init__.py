"""A survey like ZTF: its nights, its sky, what it measures, its stamps and packets."""
