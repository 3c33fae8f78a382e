"""How a picture is taken: the conditions that a seed fixes, scenes behind, the camera, and what becomes of it."""
