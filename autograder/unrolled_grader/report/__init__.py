"""What was graded, as a table, JSON or CSV."""
