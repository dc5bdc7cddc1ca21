"""A team's private remote: set up, kept private, proven whole, and guarded before anything goes to it."""
