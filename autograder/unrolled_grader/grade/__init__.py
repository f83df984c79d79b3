"""The former room of `nbgrader_plugin.settings`, which courses' nbgrader_config.py have named since version 0.1."""
