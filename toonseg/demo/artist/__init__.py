"""The artist: an episode is told first, then drawn, then sliced in pages.

``scripts``, ``story`` and ``layout`` say what happens where, in numbers and words (``plan``); ``board`` draws
it with ``people``, ``backdrops``, ``objects`` and ``letters`` on the canvas of ``ink``; ``pages`` slices it.
"""
