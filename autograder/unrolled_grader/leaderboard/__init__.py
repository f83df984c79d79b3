"""A board of the scores that trained models reached, under made-up names."""
