"""A pull from plan to stored rows: which sources a workspace names, and what each window still lacks."""
