"""What a user can fix. Anything else that is raised is a bug and keeps its traceback."""


class ToonsegError(Exception):
    """One sentence that says what is wrong, where, and what to do about it."""


class ParamsError(ToonsegError):
    """params.yaml has a missing, unknown or out-of-range value."""


class CrawlError(ToonsegError):
    """An episode or its pages could not be fetched."""


class ImageError(ToonsegError):
    """A file is not an image that can be used, or is damaged."""


class LabelError(ToonsegError):
    """A label file is malformed or does not fit the data."""


class EngineError(ToonsegError):
    """A model cannot be trained, loaded or run as asked."""
