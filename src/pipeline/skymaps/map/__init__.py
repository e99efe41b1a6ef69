"""The scanned sky as a map: cells, contour levels, contours."""
