"""Synthetic samples and the programs that write them. Nothing in here is about a real person, payer or provider."""
