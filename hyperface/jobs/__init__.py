"""The work of every verb: options, what makes its run folder, and what performs it."""
