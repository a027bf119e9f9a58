"""Demonstration content in the database: ``load`` the written one, ``generate`` more."""

from services.demo.generating import generate
from services.demo.loading import load
from services.demo.people import Account

__all__ = ["Account", "generate", "load"]
