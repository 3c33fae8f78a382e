"""Hair: where it grows, in which style, as which strands, on the head and in the face."""
