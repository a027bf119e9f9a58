"""The tables, a file for each part of the site. Import them from ``models``."""
