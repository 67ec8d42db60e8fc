"""What an operator sees of a running server: its numbers, its log of slow work, who waits for whom."""
