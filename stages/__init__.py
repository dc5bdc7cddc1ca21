"""One script per pipeline stage, run by DVC as ``python -m stages.NAME``."""

import importlib.util
import signal
import sys

if sys.argv[0] == "-m":
    # Until `run_stage` takes over, Ctrl-C ends a stage that is still importing without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

if importlib.util.find_spec("cv2") is None:
    sys.exit("error: this Python lacks toonseg's packages: run `make setup`, `. .venv/bin/activate`")
