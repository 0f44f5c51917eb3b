"""What people read: page, PDF, workpaper, import file, charts and tables of a finished run."""
