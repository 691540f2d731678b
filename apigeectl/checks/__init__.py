"""Questions about an installation, as data."""
