"""What learns: each engine behind one seam, ``base``. Only here is torch imported."""
