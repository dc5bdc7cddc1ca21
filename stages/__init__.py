"""One script per pipeline stage, run by DVC as ``python -m stages.NAME``."""

import importlib.util
import sys

if importlib.util.find_spec("cv2") is None:
    sys.exit("error: this Python lacks toonseg's packages: run `make setup`, `. .venv/bin/activate`")
