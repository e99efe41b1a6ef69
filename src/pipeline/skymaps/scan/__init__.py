"""Which pixels are fitted, in which order, and what came of each."""
