"""The images that every client script asks about, by a formula that the test has too."""
import numpy as np

IMAGES = np.arange(3 * 28 * 28, dtype=np.int64).reshape(3, 28, 28, 1) * 37 % 256
