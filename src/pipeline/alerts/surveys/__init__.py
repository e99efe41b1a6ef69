"""Surveys: one small module and one list of columns (CSV) each.

How to add one: docs/add-a-survey.md.
"""
