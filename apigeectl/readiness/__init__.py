"""One live object to ready, progressing, failed or missing; waiting."""
