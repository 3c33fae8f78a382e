"""The head as a surface: blend shapes, proportions, teeth, and the file that they ship in."""
