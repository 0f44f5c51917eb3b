"""What Sage Intacct knows: its XML gateway and its REST API, as raw rows and as canonical frames."""
