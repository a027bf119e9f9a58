"""What the site does. Plain functions: they flush, never commit, and know no requests."""
