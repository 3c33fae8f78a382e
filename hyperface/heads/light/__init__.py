"""Lamps, what of them reaches each point of a head, and what surfaces do with it."""
