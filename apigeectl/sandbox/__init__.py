"""Local stand-ins on loopback. Used by nothing but its own command."""
