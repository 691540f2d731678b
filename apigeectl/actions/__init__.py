"""The story of each command, with no terminal in it."""
