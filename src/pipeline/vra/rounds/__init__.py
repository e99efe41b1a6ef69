"""Rounds of learning: whom to ask about next, and what is made of the answers."""
