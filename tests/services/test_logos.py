"""Logos: what is taken in is drawn anew within limits; what is not is refused in a sentence that helps."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFile

from assessor.services import logos
from assessor.services.logos import LogoRefused, redrawn


def drawn(size=(400, 120), mode="RGBA", background=(0, 0, 0, 0), ink=(200, 20, 30, 255), kind="PNG", **more) -> bytes:
    """Return a picture with a bar in the middle of it."""
    picture = Image.new(mode, size, background)
    width, height = size
    ImageDraw.Draw(picture).rectangle((width // 8, height // 8, width * 7 // 8, height * 7 // 8), fill=ink)
    stream = io.BytesIO()
    picture.save(stream, kind, **more)
    return stream.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG that says it has a size, with whatever chunks."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in chunks) + chunk(b"IEND", b"")


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (200, 80), colour) for colour in ("red", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:])
    return stream.getvalue()


def rgb(**more) -> bytes:
    return drawn(mode="RGB", background=(255, 255, 255), ink=(10, 60, 90), **more)


BOMB = png(100_000, 100_000, (b"IDAT", zlib.compress(b"\0" * 1_000_000, 9)))
LARGE = png(5_000, 5_000, (b"IDAT", zlib.compress(b"\0" * (5_000 * 15_001), 9)))
STRIP = png(9_000, 20, (b"IDAT", zlib.compress(b"\0" * 10_000, 9)))
TEXT_BOMB = png(200, 80, (b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 70_000_000, 9)))
REFUSED = {
    "a bomb": (BOMB, "more than 16 megapixels"),
    "25 megapixels in few bytes": (LARGE, "more than 16 megapixels"),
    "one endless side": (STRIP, "more than 16 megapixels"),
    "a text that unpacks to 70 MB": (TEXT_BOMB, "cut off or damaged"),
    "no pixels at all": (png(200, 80), "cut off or damaged"),
    "cut off": (rgb()[: len(rgb()) // 2], "cut off or damaged"),
    "a truncated JPEG": (rgb(kind="JPEG")[:700], "cut off or damaged"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG files are not taken in"),
    "SVG with a declaration": (b"\n<?xml version='1.0'?><!DOCTYPE svg><svg/>", "SVG files are not taken in"),
    "GIF": (drawn(mode="P", background=0, ink=1, kind="GIF"), "not PNG, JPEG or WEBP"),
    "text by the name of a picture": (b"Our logo is on the intranet.", "not PNG, JPEG or WEBP"),
    "HTML": (b"<!doctype html><img src=x onerror=alert(1)>", "not PNG, JPEG or WEBP"),
    "PDF": (b"%PDF-1.7 logo", "not PNG, JPEG or WEBP"),
    "an animated PNG": (animated("PNG"), "animated, and paper does not move"),
    "an animated WEBP": (animated("WEBP"), "animated, and paper does not move"),
    "wholly transparent": (drawn(ink=(200, 20, 30, 0)), "nothing of this logo would be seen"),
    "white on transparent": (drawn(ink=(255, 255, 255, 255)), "nothing of this logo would be seen"),
    "nearly white": (drawn(ink=(246, 247, 248, 255)), "nothing of this logo would be seen"),
    "one pixel": (drawn(size=(1, 1), background=(0, 0, 0, 255)), "print as a blur"),
    "a favicon": (drawn(size=(16, 16)), "print as a blur"),
    "a dot on a large sheet": (drawn(size=(30, 30), background=(255, 255, 255, 0)), "print as a blur"),
    "a hair": (drawn(size=(4_000, 40), background=(9, 9, 9, 255)), "too narrow a strip"),
    "a pole": (drawn(size=(60, 900), background=(9, 9, 9, 255)), "too narrow a strip"),
}


@pytest.fixture(autouse=True)
def _guessing(monkeypatch):
    """Be in a process where WeasyPrint had Pillow guess what is missing of pictures."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_printed_is_refused_with_reason_and_remedy(case):
    content, reason = REFUSED[case]
    with pytest.raises(LogoRefused, match=reason) as refusal:
        redrawn(content)
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "content",
    [drawn(), rgb(), rgb(kind="JPEG"), drawn(kind="WEBP"), drawn(mode="LA", background=(0, 0), ink=(30, 255))],
    ids=["transparent PNG", "PNG", "JPEG", "WEBP", "grey with transparency"],
)
def test_the_three_kinds_are_drawn_anew_on_white_and_cut_to_what_is_seen(content):
    kept, media_type, size = redrawn(content)
    picture = Image.open(io.BytesIO(kept))
    assert (picture.mode, picture.size, media_type) == ("RGB", size, "image/png")
    # A JPEG blurs what is beside an edge by a few pixels.
    assert 295 <= size[0] <= 320
    assert 85 <= size[1] <= 110


def test_a_palette_and_sixteen_bits_and_printers_colours_are_understood():
    for mode, ink, kind in (("P", 0, "PNG"), ("L", 20, "PNG"), ("1", 0, "PNG"), ("CMYK", (0, 200, 200, 0), "JPEG")):
        background = {"P": 255, "L": 255, "1": 1, "CMYK": (0, 0, 0, 0)}[mode]
        picture = Image.new(mode, (400, 120), background)
        if mode == "P":
            picture.putpalette([one for grey in range(256) for one in (grey, grey, grey)])
        ImageDraw.Draw(picture).rectangle((50, 20, 350, 100), fill=ink)
        stream = io.BytesIO()
        picture.save(stream, kind)
        assert redrawn(stream.getvalue())[1] == "image/png"


def test_a_large_logo_is_made_smaller_and_keeps_its_shape():
    _kept, _type, size = redrawn(drawn(size=(3200, 800), background=(5, 60, 90, 255)))
    assert size == (1000, 250)


def test_a_photograph_is_kept_within_the_weight_of_a_report():
    noise = Image.effect_noise((1000, 400), 90).convert("RGB")
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    kept, media_type, _size = redrawn(stream.getvalue())
    assert media_type == "image/jpeg"
    assert len(kept) < 400_000


def test_nothing_of_the_senders_file_is_left():
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    content = rgb(kind="JPEG", exif=exif, comment=b"secret comment") + b"<script>trailing secret</script>"
    assert b"secret" in content
    assert b"secret" not in redrawn(content)[0]


def test_a_picture_that_lies_on_its_side_is_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    _kept, _type, size = redrawn(rgb(size=(120, 300), kind="JPEG", exif=exif))
    assert size[0] > size[1]


def test_the_same_picture_is_the_same_bytes_and_kept_once(inside, owner):
    assert redrawn(drawn()) == redrawn(drawn())
    upload = [SimpleUploadedFile(name, drawn()) for name in ("logo.svg", "..\\..\\etc/passwd")]
    first, second = (logos.add_logo(inside.organisation, one, owner) for one in upload)
    assert first == second


def test_a_file_past_two_megabytes_and_an_empty_one_are_refused(inside, owner):
    for content, reason in ((b"\x89PNG\r\n\x1a\n" + bytes(logos.MAX_BYTES), "larger than 2 MB"), (b"", "is empty")):
        with pytest.raises(LogoRefused, match=reason):
            logos.add_logo(inside.organisation, SimpleUploadedFile("logo.png", content), owner)
