"""How Sphinx builds these pages (`make docs`). They read as well where they are, as Markdown."""

project = "Hub"
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
# Links out of this folder, such as ../README.md, are for those who read the pages in the repository.
suppress_warnings = ["myst.xref_missing"]
