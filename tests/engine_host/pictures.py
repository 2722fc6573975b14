"""The pictures: tesseract reads the translated subtitles from the frames, and the animation is a valid APNG."""
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import running

READABLE = 0.95
BUDGET_US = 100_000             # a whole model step each frame, however slow the machine: what is seen when depends on no clock
SUBTITLES = (0.90, 0.975)       # where translations are, in heights of the picture; what is beside them stays


def chunks(data):
    """(type, content) of a PNG file's chunks, whose checksums are right."""
    running.expect(data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG signature")
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        expected, = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        running.expect(zlib.crc32(kind + content) == expected, f"wrong checksum of {kind}")
        yield kind, content
        at += 12 + length


def check_animation(file, pictures):
    """Numbered without gaps, each picture of the right size when unpacked."""
    sequence, packed = 0, []
    for kind, content in chunks(file.read_bytes()):
        if kind == b"IHDR":
            width, height = struct.unpack(">II", content[:8])
        elif kind == b"acTL":
            running.expect(struct.unpack(">II", content) == (pictures, 0), f"acTL does not say {pictures} pictures, endlessly")
        elif kind in (b"fcTL", b"fdAT"):
            running.expect(struct.unpack(">I", content[:4])[0] == sequence, f"{kind} is not number {sequence}")
            sequence += 1
        if kind == b"fcTL":
            running.expect(struct.unpack(">II", content[4:12]) == (width, height), "a picture of another size")
            packed.append(b"")
        elif kind in (b"IDAT", b"fdAT"):
            packed[-1] += content[4 if kind == b"fdAT" else 0:]
    running.expect(len(packed) == pictures, f"{len(packed)} pictures, not {pictures}")
    for picture in packed:
        running.expect(len(zlib.decompress(picture)) == height * (1 + 3 * width), "a picture does not unpack to its size")


def unfiltered(data, width, height):
    """The rows of an RGB picture, as PNG's five filters left them."""
    stride, before, at = 3 * width, bytes(3 * width), 0
    for _ in range(height):
        kind, row = data[at], bytearray(data[at + 1:at + 1 + stride])
        at += 1 + stride
        for x in range(stride):
            left, up, corner = (row[x - 3], before[x], before[x - 3]) if x >= 3 else (0, before[x], 0)
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda value: abs(guess - value))
            row[x] = (row[x] + (0, left, up, (left + up) // 2, nearest)[kind]) & 255
        yield bytes(row)
        before = row


def strip(picture, to):
    """Cuts the subtitles' rows out of a picture."""
    parts = {}
    for kind, content in chunks(picture.read_bytes()):
        parts[kind] = parts.get(kind, b"") + content
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    first, last = (int(height * place) for place in SUBTITLES)
    rows = list(unfiltered(zlib.decompress(parts[b"IDAT"]), width, last))[first:]
    parts[b"IHDR"] = struct.pack(">II", width, len(rows)) + parts[b"IHDR"][8:]
    parts[b"IDAT"] = zlib.compress(b"".join(b"\0" + row for row in rows))
    to.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(parts[kind])) + kind + parts[kind] + struct.pack(">I", zlib.crc32(kind + parts[kind]))
        for kind in (b"IHDR", b"IDAT", b"IEND")))


def words(text):
    return re.findall(r"[a-zäöüß']+", text.lower().replace("’", "'"))


def read_words(picture, expected):
    """How many of the expected words one line of what tesseract reads in the rows of subtitles has."""
    cut = picture.with_name("strip.png")
    strip(picture, cut)
    found = subprocess.run(["tesseract", cut, "-", "--psm", "6"], capture_output=True, text=True, check=True,
                           env={**os.environ, "OMP_THREAD_LIMIT": "1"}).stdout
    best = 0
    for line in found.splitlines():
        there = words(line)
        best = max(best, sum(min(there.count(word), expected.count(word)) for word in set(expected)))
    print(f"{picture.name}: {best} of {len(expected)} words: {' '.join(expected)}")
    return best


def check(program, rows, modes):
    frames, size = {"few": (100, "640x360"), "some": (300, "640x360"), "all": (1100, "1280x720")}[rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = running.run(program, "--frames", frames, "--size", size, "--budget-us", BUDGET_US, "--png", folder)
        running.expect_report(text, frames, frames // 100)
        running.expect(len(list(folder.glob("frame_*.png"))) == frames, "not each frame is there as a picture")
        check_animation(folder / "scene.png", (frames + 2) // 3)
        table = [line.split("\t") for line in (folder / "subtitles.tsv").read_text(encoding="utf-8").splitlines()]
        running.expect(len(table) == frames // 100, f"{len(table)} of {frames // 100} subtitles were whole before they went")
        expected = [words(translation) for _, _, translation in table]
        read = sum(read_words(folder / f"frame_{int(frame):06}.png", line) for (frame, _, _), line in zip(table, expected))
        total = sum(map(len, expected))
        running.expect(read >= READABLE * total, f"tesseract reads {read} of {total} words")


if __name__ == "__main__":
    sys.exit(running.main(check))
