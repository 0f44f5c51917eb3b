"""Look-alikes of every vendor interface over the made-up company, on loopback only."""
