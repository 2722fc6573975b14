"""Runs the program `attune` for the tests beside this file:   TEST.py PROGRAM SOURCE_FOLDER SLOWNESS some|all"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, SOURCE, SLOWNESS = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), float(sys.argv[3])
ALL_ROWS = sys.argv[4] == "all"
MODEL = SOURCE / "samples/models/tatoeba-en-de-fr-es"
PATIENCE = 120 * SLOWNESS            # seconds; nothing here takes nearly as long
NO_DRIVER = {"VK_ICD_FILENAMES": "/nonexistent.json", "VK_DRIVER_FILES": "/nonexistent.json"}
GREEDY = ["--to", "de", "--beam-size", "1"]


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        self.lines = out.decode("utf-8").split("\n")
        self.ends_whole = self.lines.pop() == ""       # what follows the last newline
        self.objects = [json.loads(line) for line in self.lines] if out.startswith(b"{\"") else []


# The program's cache is a new one for each test program; Mesa's own stays where it is.
CACHES = tempfile.TemporaryDirectory()
OWN_CACHE = {"XDG_CACHE_HOME": CACHES.name,
             "MESA_SHADER_CACHE_DIR": os.environ.get("MESA_SHADER_CACHE_DIR")
             or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")}


def environment(changes=None):
    return {**os.environ, **OWN_CACHE, **(changes or {})}


def default_signals():
    """A test that was started in the background must not hand on that it ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(words, **pipes):
    return subprocess.Popen([PROGRAM, *map(str, words)], stdin=pipes.get("stdin", subprocess.PIPE),
                            stdout=pipes.get("stdout", subprocess.PIPE), stderr=pipes.get("stderr", subprocess.PIPE),
                            env=environment(pipes.get("env")), preexec_fn=default_signals)


def run(words, text="", env=None):
    process = start(words, env=env)
    out, err = process.communicate(text.encode("utf-8") if isinstance(text, str) else text, timeout=PATIENCE)
    return Result(process.returncode, out, err.decode("utf-8", "replace"))


class Test(unittest.TestCase):
    """A test with a folder of its own."""
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def translate(self, text, *words, env=None):
        result = run(["translate", *words], text, env)
        self.assertEqual(result.status, 0, result.err)
        self.assertTrue(result.ends_whole or result.out == b"", result.out[-80:])
        return result

    def assert_refused(self, result, status, *parts):
        """Ended with this status and one message `attune: [where] what` that holds these parts."""
        self.assertEqual(result.status, status, result.err)
        self.assertEqual(result.out, b"")
        message = result.err.strip().split("\n")[-1]
        self.assertRegex(message, r"^attune: \[.+\] .+")
        for part in parts:
            self.assertIn(part, message)


def main():
    unittest.main(module="__main__", argv=sys.argv[:1], verbosity=2)
