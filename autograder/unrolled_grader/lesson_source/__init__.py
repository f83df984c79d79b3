"""The text of a lesson, `solutions/NAME/NAME.py`: its cells, their rules, the notebook that they make."""
