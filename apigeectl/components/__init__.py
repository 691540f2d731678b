"""Overrides to manifests: the table of components, names, secrets, releases, render."""
