"""Drills: does the same work run elsewhere (exit), and does it run with the way out closed (disconnection)?

A probe looks; a drill asks a model to work, so it has a plan, a token cap and a consent of its own.
"""
