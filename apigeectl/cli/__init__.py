"""typer and rich: flags in, words out."""
