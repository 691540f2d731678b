"""What runs where: states, counts and percentages computed from what Google answers; nothing is asked here."""
