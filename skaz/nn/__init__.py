"""Tensors to tensors: the networks. Knows no text and no files; dims.py is the legend of shapes."""
