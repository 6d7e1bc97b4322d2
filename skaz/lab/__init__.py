"""Experiments that show what a course on networks claims, each measured anew: `skaz lab`, and the studio's Lab room."""
