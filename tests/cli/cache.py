"""The cache file: read when a device is opened, written when there is more to remember, never an error."""
import os

from program import GREEDY, NO_DRIVER, PATIENCE, Test, main, run, start

TEXT = "Yes.\n"


class Cache(Test):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "cache"

    def told(self, *words, env=None):
        """What a run says of its cache file; `self.out` is what it translated."""
        result = self.translate(TEXT, *GREEDY, "-v", *words, env=env)
        self.out = result.out
        return [line.split(": ", 2)[2] for line in result.err.split("\n") if line.startswith("cache: ")]

    def when_written(self):
        written = self.file.stat()
        return written.st_ino, written.st_size, written.st_mtime_ns

    def test_kept_from_run_to_run(self):
        first = self.told("--cache-file", self.file)
        expected = self.out
        self.assertEqual(first, ["has nothing of this device", "written: pipelines, qualification of this device"])
        before = self.when_written()
        self.assertEqual(self.told("--cache-file", self.file), ["has pipelines, qualification of this device"])
        self.assertEqual(self.out, expected)
        self.assertEqual(self.when_written(), before)

        good = self.file.read_bytes()
        self.file.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
        self.assertEqual(self.told("--cache-file", self.file), ["ignored: is damaged", first[1]])
        self.assertEqual(self.out, expected)
        self.assertEqual(self.file.read_bytes(), good)
        self.assertEqual(os.listdir(self.folder), ["cache"])

    def test_no_place_is_no_error(self):
        self.file.write_text("a letter")
        told = self.told("--cache-file", self.file)
        self.assertEqual(told[0], "ignored: is no cache of attune's")
        self.assertRegex(told[1], "^not written: ")
        self.assertEqual(self.file.read_text(), "a letter")
        self.assertRegex(self.told("--cache-file", self.file / "below")[-1], "^not written: ")
        self.assertEqual(self.translate(TEXT, *GREEDY, "--cache-file", self.file / "below").err, "")
        self.assertEqual(self.told("--no-cache", "--cache-file", self.folder / "other"), [])
        self.assertEqual(os.listdir(self.folder), ["cache"])

    def test_where_it_is(self):
        """XDG_CACHE_HOME, unless it is relative; else ~/.cache; else nowhere."""
        for number, (xdg, home, place) in enumerate([("{}", "/nonexistent", "attune/cache"),
                                                     ("here", "{}", ".cache/attune/cache"), ("", "", None)]):
            folder = self.folder / str(number)
            folder.mkdir()
            told = self.told(env={"XDG_CACHE_HOME": xdg.format(folder), "HOME": home.format(folder)})
            self.assertEqual(len(told), 2 if place else 0)
            self.assertEqual([path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()],
                             [place] if place else [])

    def test_several_at_once(self):
        processes = [start(["translate", *GREEDY, "--cache-file", self.file]) for _ in range(4)]
        outs = {process.communicate(TEXT.encode(), timeout=PATIENCE) for process in processes}
        self.assertEqual(len(outs), 1)
        self.assertEqual([process.returncode for process in processes], [0] * 4)
        self.assertEqual(self.told("--cache-file", self.file)[0], "has pipelines, qualification of this device")
        self.assertEqual(os.listdir(self.folder), ["cache"])

    def test_mistakes(self):
        self.assert_refused(run(["translate", "--cache-file"], env=NO_DRIVER), 2, "needs a value")
        self.assert_refused(run(["translate", "--cache-file="], env=NO_DRIVER), 2, "not empty")
        self.assert_refused(run(["translate", "--no-cache=1"], env=NO_DRIVER), 2, "takes no value")


if __name__ == "__main__":
    main()
