"""The deployment gate: what a process must be before it may run, as sentences that name file and element."""

from workflow_app.gate.whole import gate_problems, shared_problems

__all__ = ["gate_problems", "shared_problems"]
