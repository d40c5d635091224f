"""Photos drawn anew: what comes out is a JPEG of the same picture, upright, and nothing else.

No byte of the file that came in is kept: not its metadata, its thumbnails, what is written behind its end,
nor its colour profile. What an image claims to hold is looked at before any of it is unpacked.
"""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from gridmap.errors import BadInput, FieldError

MOST_BYTES = 12_000_000
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2_000
QUALITY = 85
KINDS = ("JPEG", "PNG", "WEBP")
WHITE = (255, 255, 255)
FAULTS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    UserWarning,
)
"""How the decoders say that a file is broken; some only warn, which is an error where warnings are."""
FLOODS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Photo:
    """A JPEG without metadata, and its size in pixels."""

    content: bytes
    width: int
    height: int


def redraw_photo(given: bytes) -> Photo:
    """Draw a photo anew, at most `LONGEST_SIDE` pixels long.

    Raises
    ------
    BadInput
        If it is too large, animated, cut off, or no JPEG, PNG or WebP at all; whatever its name says.
    """
    if len(given) > MOST_BYTES:
        raise _refuse("photo_too_large", hint=f"≤ {MOST_BYTES // 1_000_000} MB")
    try:
        with Image.open(BytesIO(given), formats=KINDS) as image:
            return _redraw(image)
    except UnidentifiedImageError:
        raise _refuse("photo_unknown", hint="JPEG, PNG, WebP") from None
    except FLOODS:
        raise _refuse("photo_too_many_pixels", hint=_pixels()) from None
    except FAULTS:
        raise _refuse("photo_broken") from None


def _redraw(image: Image.Image) -> Photo:
    if image.width * image.height > MOST_PIXELS:
        raise _refuse("photo_too_many_pixels", value=f"{image.width} x {image.height}", hint=_pixels())
    if getattr(image, "is_animated", False):
        raise _refuse("photo_animated")
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked no larger than needed
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = Image.new("RGB", upright.size, WHITE)
    flat = upright.convert("RGBA") if upright.has_transparency_data else upright.convert("RGB")
    drawn.paste(flat, mask=flat if flat.mode == "RGBA" else None)
    written = BytesIO()
    drawn.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Photo(written.getvalue(), drawn.width, drawn.height)


def _pixels() -> str:
    return f"≤ {MOST_PIXELS // 1_000_000} MP"


def _refuse(reason: str, *, value: str = "", hint: str = "") -> BadInput:
    return BadInput(fields=[FieldError("body", "photo", reason, value=value, hint=hint)])
