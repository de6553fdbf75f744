"""Draws a diagram that has only its logic: lanes as bands, time from left to right, flows in right angles."""

from workflow_app.engine.layout.drawing import lay_out

__all__ = ["lay_out"]
