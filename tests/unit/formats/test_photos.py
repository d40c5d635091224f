"""Photos drawn anew: nothing but the picture is left, and nothing hostile gets in."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from gridmap.errors import BadInput
from gridmap.formats.photos import LONGEST_SIDE, redraw_photo

PLACE = b"GPSMARK-37.77N"
ORIENTATION, DESCRIPTION, GPS, LATITUDE = 0x0112, 0x010E, 0x8825, 2


def picture(width: int = 60, height: int = 40) -> Image.Image:
    """Left half red, right half blue."""
    drawn = Image.new("RGB", (width, height), "blue")
    drawn.paste("red", (0, 0, width // 2, height))
    return drawn


def written(image: Image.Image, kind: str, **more: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def with_place(kind: str, **more: object) -> bytes:
    """A photo that tells its place in every way its kind knows; turned by a quarter."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[DESCRIPTION] = PLACE.decode()
    exif.get_ifd(GPS)[LATITUDE] = (37.0, 46.0, 0.0)
    return written(picture(), kind, exif=exif, xmp=b"<x>" + PLACE + b"</x>", **more)


def png_with_texts() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", PLACE.decode())
    texts.add_itxt("XML:com.adobe.xmp", PLACE.decode())
    return written(picture(), "PNG", pnginfo=texts)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def flood(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims a size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (with_place("JPEG", comment=PLACE), (40, 60)),
        (with_place("WEBP"), (40, 60)),
        (png_with_texts(), (60, 40)),
        (written(picture(), "JPEG") + b"PK\x03\x04" + PLACE + b"<script>", (60, 40)),
        (written(picture().convert("P"), "PNG"), (60, 40)),
        (written(picture().convert("CMYK"), "JPEG"), (60, 40)),
        (written(picture().convert("LA"), "PNG"), (60, 40)),
    ],
    ids=["jpeg", "webp", "png", "polyglot", "palette", "cmyk", "transparent"],
)
def test_nothing_but_the_picture_is_left(given: bytes, size: tuple[int, int]) -> None:
    photo = redraw_photo(given)
    assert (photo.width, photo.height) == size
    assert photo.content.startswith(b"\xff\xd8\xff\xe0")
    assert photo.content.endswith(b"\xff\xd9")
    for left in (PLACE, b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"script", b"Photoshop"):
        assert left not in photo.content
    with Image.open(BytesIO(photo.content)) as again:
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert dict(again.getexif()) == {}


def test_a_turned_photo_stands_upright() -> None:
    photo = redraw_photo(with_place("JPEG"))
    with Image.open(BytesIO(photo.content)) as again:
        top, bottom = again.getpixel((20, 10)), again.getpixel((20, 50))
    assert top[0] > 200 > 60 > top[2]  # red, which was left, is above
    assert bottom[2] > 200 > 60 > bottom[0]


def test_a_large_photo_gets_smaller() -> None:
    photo = redraw_photo(written(picture(4_000, 1_000), "JPEG"))
    assert (photo.width, photo.height) == (LONGEST_SIDE, LONGEST_SIDE // 4)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"", "photo_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "photo_unknown"),
        (b"GIF89a" + b"\0" * 100, "photo_unknown"),
        (written(picture(), "TIFF"), "photo_unknown"),
        (written(picture(), "BMP"), "photo_unknown"),
        (written(picture(), "PDF"), "photo_unknown"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "photo_unknown"),
        (written(picture(600, 400), "JPEG")[:900], "photo_broken"),
        (written(picture(), "PNG")[:60], "photo_broken"),
        (written(picture(), "WEBP")[:40], "photo_broken"),
        (flood(50_000, 50_000), "photo_too_many_pixels"),
        (flood(10_000, 10_000), "photo_too_many_pixels"),
        (flood(8_000, 7_000), "photo_too_many_pixels"),
        (flood(100, 100), "photo_broken"),
        (written(picture(), "PNG", save_all=True, append_images=[picture().rotate(90)]), "photo_animated"),
        (written(picture(), "WEBP", save_all=True, append_images=[picture().rotate(9)]), "photo_animated"),
        (b"\0" * 12_000_001, "photo_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_and_broken_files_are_refused(given: bytes, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        redraw_photo(given)
    assert refused.value.fields[0].reason in {reason, "photo_unknown" if reason == "photo_broken" else reason}


def outcome(given: bytes) -> str:
    try:
        photo = redraw_photo(given)
    except BadInput as refused:
        return refused.fields[0].reason
    return "leaks" if PLACE in photo.content else "redrawn"


def test_every_cut_and_every_flipped_bit_is_a_photo_or_refused() -> None:
    whole = with_place("JPEG")
    places = range(0, len(whole), 7)
    flipped = [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in places]
    found = {outcome(given) for given in (*flipped, *(whole[:at] for at in places))}
    assert found <= {"redrawn", "photo_broken", "photo_unknown", "photo_too_many_pixels"}
    assert {"redrawn", "photo_broken"} <= found
