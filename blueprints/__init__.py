"""Thin routes: load, form, service, commit, response."""
