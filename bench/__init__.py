"""What the site serves in a second, beside what the machine and the server could at best."""
