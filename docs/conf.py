"""How Sphinx builds this folder: Markdown by MyST, the furo theme, nothing fetched from anywhere."""

from importlib.metadata import version as version_of

project = "skaz"
author = "The skaz authors"
copyright = "2026, The skaz authors"
release = version = version_of("skaz")

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "skaz"
html_copy_source = False
html_show_sphinx = False
