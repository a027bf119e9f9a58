"""Demonstration content as data: texts, drawn pictures and a generator. Imports nothing of ours."""
