"""The peer: viewflow 2.4 doing four assigned tasks a process."""
