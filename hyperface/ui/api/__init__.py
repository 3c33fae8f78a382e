"""What scripts and agents may ask of the app: seven endpoints with names, which stay.

Each is a function of a module here, made by another that is given the server's context. The type hints and the
docstring of the function are what a caller reads: on the page "Use via API", in `gradio_client`, and as a tool of the
Model Context Protocol. So these modules do without postponed annotations, which Gradio would take for text.
"""
