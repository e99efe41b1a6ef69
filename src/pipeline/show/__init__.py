"""One object, alert or event of a working directory: on a terminal, as a picture, as a page."""
