"""Logos: taken in as PNG, JPEG or WEBP within limits, and drawn anew: nothing of the sender's file is printed."""

import hashlib
import io
import struct
import threading

from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageChops, ImageFile, ImageOps

from assessor.errors import N_, AssessorError
from assessor.models import BrandPicture, Organisation, User
from assessor.services import file_types

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 2 * 1024 * 1024
MEGABYTE = 1024 * 1024
# Of what comes, before a single pixel is unpacked; 16 megapixels take 64 MB.
MAX_PIXELS = 16_000_000
MAX_SIDE = 8_000
# Of what is kept: enough for 300 dots an inch at the largest size a cover prints.
KEPT = (1000, 400)
KEPT_BYTES = 300_000
LONG_SIDE, SHORT_SIDE = 64, 16
WIDEST, TALLEST = 15, 3
# A grey this close to white cannot be told from paper.
SEEN = 40
_unpacking = threading.Lock()
_SVG = (b"<svg", b"<?xml", b"<!doctype svg")


class LogoRefused(AssessorError):
    """The picture is not taken in."""


def add_logo(organisation: Organisation, file: UploadedFile, user: User) -> BrandPicture:
    """Keep a logo of an organisation; raises `LogoRefused`. The same picture is kept once."""
    content, media_type, size = redrawn(_read(file))
    picture, _new = BrandPicture.objects.get_or_create(
        organisation=organisation,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={
            "media_type": media_type,
            "width": size[0],
            "height": size[1],
            "content": content,
            "added_by": user,
        },
    )
    return picture


def too_large() -> LogoRefused:
    """Return the refusal of a file past the limit."""
    return LogoRefused(
        N_("The logo is larger than {limit} MB, so it was not taken in."),
        remedy=N_("Save it smaller: 1,000 pixels in width are enough."),
        limit=MAX_BYTES // MEGABYTE,
    )


def _read(file: UploadedFile) -> bytes:
    if (file.size or 0) > MAX_BYTES:
        raise too_large()
    file.seek(0)
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_large()
    if not content:
        raise LogoRefused(N_("The file of the logo is empty."), remedy=N_("Choose another."))
    return content


def redrawn(content: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """Return a logo as it is printed: on white, cut to what is seen, without metadata; content, type, size in pixels.

    Raises `LogoRefused` for what is no picture, is too large, too small, moves, or would not be seen on paper.
    """
    picture = _on_white(_opened(content))
    picture = _cut(picture)
    _check_shape(*picture.size)
    picture.thumbnail(KEPT, Image.Resampling.LANCZOS)
    kept, media_type = _written(picture)
    return kept, media_type, picture.size


def check_kept(content: bytes, media_type: str, size: tuple[int, int]) -> None:
    """Raise `LogoRefused` for what is no logo as it is kept: of another type or size than it says, or no picture."""
    picture = _opened(content)
    if file_types.recognise(content) != media_type or picture.size != size or max(size) > max(KEPT):
        raise LogoRefused(N_("The logo is not what it says that it is."), remedy=N_("Upload it anew."))


def _opened(content: bytes) -> Image.Image:
    """Return the picture, unpacked; its type is read from its content, never from its name."""
    if content.lstrip()[:200].lower().startswith(_SVG):
        raise LogoRefused(
            N_("SVG files are not taken in: they can hold programs and addresses."),
            remedy=N_("Export the logo as PNG, 1,000 pixels in width."),
        )
    if file_types.recognise(content) not in (file_types.PNG, file_types.JPEG, file_types.WEBP):
        raise LogoRefused(
            N_("The file is not PNG, JPEG or WEBP, whatever its name says."),
            remedy=N_("Export the logo as PNG, 1,000 pixels in width."),
        )
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        _check_size(*picture.size)
        # A photograph may carry a second picture of itself; only what moves is refused.
        if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
            raise LogoRefused(
                N_("The picture is animated, and paper does not move."), remedy=N_("Export one frame as PNG.")
            )
        _load_whole(picture)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        OverflowError,
        struct.error,
        Image.DecompressionBombWarning,
    ) as error:
        raise LogoRefused(
            N_("The picture cannot be read: it is cut off or damaged."), remedy=N_("Export it again as PNG.")
        ) from error
    return picture


def _load_whole(picture: Image.Image) -> None:
    """Unpack a picture; raises OSError for one that is cut off.

    WeasyPrint, once it is loaded, has Pillow guess the rest of such pictures in the whole process.
    """
    with _unpacking:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            picture.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _too_many_pixels() -> LogoRefused:
    return LogoRefused(
        N_("The picture has more than {most} megapixels, so it was not unpacked."),
        remedy=N_("Save it smaller: 1,000 pixels in width are enough."),
        most=MAX_PIXELS // 1_000_000,
    )


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels()


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the picture upright, in plain red, green and blue, laid on white paper."""
    upright = ImageOps.exif_transpose(picture)
    rgba = upright.convert("RGBA")
    paper = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(paper, rgba).convert("RGB")


def _cut(picture: Image.Image) -> Image.Image:
    """Return the part of the picture that can be told from paper; a wide white edge would only print it smaller."""
    unlike_paper = ImageOps.invert(picture.convert("L")).point(lambda value: 255 if value > 8 else 0)
    strongest = ImageChops.invert(picture).getextrema()
    box = unlike_paper.getbbox()
    if box is None or max(high for _low, high in strongest) < SEEN:
        raise LogoRefused(
            N_("On white paper nothing of this logo would be seen: it is white or transparent."),
            remedy=N_("Upload the version that is made for light backgrounds."),
        )
    return picture.crop(box)


def _check_shape(width: int, height: int) -> None:
    if max(width, height) < LONG_SIDE or min(width, height) < SHORT_SIDE:
        raise LogoRefused(
            N_("What is seen of the logo is only {width} by {height} pixels, which would print as a blur."),
            remedy=N_("Upload it with at least {least} pixels on one side and {low} on the other; 1,000 are good."),
            width=width,
            height=height,
            least=LONG_SIDE,
            low=SHORT_SIDE,
        )
    if width > WIDEST * height or height > TALLEST * width:
        raise LogoRefused(
            N_("The logo is {width} by {height} pixels: too narrow a strip to be read where it is printed."),
            remedy=N_(
                "Upload one that is at most {widest} times as wide as high, and {tallest} times as high as wide."
            ),
            width=width,
            height=height,
            widest=WIDEST,
            tallest=TALLEST,
        )


def _written(picture: Image.Image) -> tuple[bytes, str]:
    """Return the picture as PNG, or as JPEG where it is a photograph and PNG would be too heavy for every report."""
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    stream = io.BytesIO()
    plain.save(stream, "PNG", optimize=True)
    if stream.tell() <= KEPT_BYTES:
        return stream.getvalue(), file_types.PNG
    stream = io.BytesIO()
    plain.save(stream, "JPEG", quality=88)
    return stream.getvalue(), file_types.JPEG
