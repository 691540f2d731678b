"""What is wrong with an installation that is not ready: known problems, how they show, what heals them."""
