"""The user's file: load with positions, catalogue, problems."""
