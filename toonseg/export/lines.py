"""Line drawings out of coloured panels: the extended difference of Gaussians."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.images import Picture

# Line widths, tau and kappa as in Ci et al., "User-Guided Deep Anime Line Art Colorization" (2018). Their
# threshold is not printed: just below 0, flat colours are paper, also black ones, and so is their noise.
SIGMAS_PX = (0.3, 0.4, 0.5)
_TAU = 0.95
_KAPPA = 4.5
_EPSILON = -0.01


def line_drawing(picture: Picture, sigma_px: float) -> NDArray[np.uint8]:
    """Draw the dark sides of the edges of an RGB (h, w, 3) picture: 0 on a line, 255 elsewhere, (h, w).

    Winnemöller, "XDoG: advanced image stylization with eXtended Difference-of-Gaussians" (2011), with the
    soft threshold taken to a step. A larger ``sigma_px`` draws wider lines.
    """
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    difference = _blurred(light, sigma_px) - _TAU * _blurred(light, sigma_px * _KAPPA)
    return np.where(difference < _EPSILON, np.uint8(0), np.uint8(255))


def _blurred(light: NDArray[Any], sigma_px: float) -> Any:
    return cv2.GaussianBlur(light, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
