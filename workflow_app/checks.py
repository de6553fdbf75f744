"""System checks over every process; `manage.py check` is the deployment gate."""
