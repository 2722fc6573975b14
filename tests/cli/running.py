"""A run and its surroundings: files, terminals, Ctrl-C, readers that go away."""
import os
import pty
import signal
import subprocess
import time

from program import GREEDY, PATIENCE, SLOWNESS, Test, main, run, start

SENTENCE = "Where is the station?"


class Running(Test):
    def test_out(self):
        source, result, link = self.folder / "in", self.folder / "out", self.folder / "link"
        source.write_text(SENTENCE + "\n\n")
        result.write_text("what was there before")
        result.chmod(0o640)
        link.symlink_to(result)
        self.assertEqual(self.translate("", *GREEDY, "--src", source, "--out", link).out, b"")
        self.assertEqual(result.read_bytes(), self.translate(SENTENCE + "\n\n", *GREEDY).out)
        self.assertEqual(result.stat().st_mode & 0o777, 0o640)
        self.assertTrue(link.is_symlink())
        self.assertEqual(sorted(os.listdir(self.folder)), ["in", "link", "out"])
        self.translate(SENTENCE, *GREEDY, "--out", "/dev/null")
        self.translate("", *GREEDY, "--src", source, "--out", source)
        self.assertEqual(source.read_bytes(), result.read_bytes())

    def test_a_failed_run_leaves_the_result_alone(self):
        result = self.folder / "out"
        result.write_text("what was there before")
        for words in (["no model"], ["--device", "999"], ["--to", "xx"]):
            with self.subTest(words=words):
                self.assertNotEqual(run(["translate", *words, "--out", result], "Yes.\n").status, 0)
                self.assertEqual(result.read_text(), "what was there before")
                self.assertEqual(os.listdir(self.folder), ["out"])

    def interrupt(self, process):
        """Sends Ctrl-C; the program has a second and one submission to end."""
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        process.wait(PATIENCE)
        self.assertLess(time.monotonic() - begin, 1.5 * SLOWNESS)
        self.assertEqual(process.returncode, 130)

    def assert_first_lines(self, data):
        self.assertTrue(data.endswith(b"\n"))
        expected = self.translate(SENTENCE, *GREEDY).lines[0].encode()
        for line in data.split(b"\n")[:-1]:
            self.assertEqual(line, expected)

    def test_interrupted(self):
        process = start(["translate", *GREEDY, "--batch-rows", "8"], stdin=subprocess.PIPE)
        process.stdin.write((SENTENCE + "\n").encode() * 2000)
        process.stdin.flush()
        first = process.stdout.readline()
        self.interrupt(process)
        with process.stdin, process.stdout, process.stderr:
            self.assert_first_lines(first + process.stdout.read())

    def test_interrupted_with_a_result_file(self):
        source, result, partial = self.folder / "in", self.folder / "out", self.folder / "out.partial"
        source.write_text((SENTENCE + "\n") * 20000)
        result.write_text("what was there before")
        process = start(["translate", *GREEDY, "--batch-rows", "8", "--src", source, "--out", result])
        deadline = time.monotonic() + PATIENCE
        while not (partial.exists() and partial.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.interrupt(process)
        out, err = process.communicate()
        self.assertEqual(out, b"")
        if err:                        # nothing, if a submission took so long that the program was ended
            self.assertIn(str(partial), err.decode())
        self.assertEqual(result.read_text(), "what was there before")
        self.assert_first_lines(partial.read_bytes())

    def test_interrupted_while_waiting(self):
        process = start(["translate", *GREEDY])
        process.stdin.write(b"Yes.\n")
        process.stdin.flush()
        self.assertTrue(process.stdout.readline())
        self.interrupt(process)
        process.communicate()

    def test_reader_goes_away(self):
        process = start(["translate", *GREEDY, "--batch-rows", "8"])
        process.stdout.close()
        try:
            process.stdin.write(b"Yes.\n" * 5)
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(PATIENCE), -signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_terminal(self):
        """Each line is answered before the next one is typed."""
        controller, terminal = pty.openpty()
        process = start(["translate", *GREEDY], stdin=terminal)
        os.close(terminal)
        expected = self.translate(SENTENCE, *GREEDY).lines[0]
        for _ in range(2):
            os.write(controller, (SENTENCE + "\n").encode())
            self.assertEqual(process.stdout.readline().decode(), expected + "\n")
        os.write(controller, b"\x04")
        out, err = process.communicate(timeout=PATIENCE)
        os.close(controller)
        self.assertEqual((process.returncode, out), (0, b""))
        self.assertIn(b"Ctrl-D", err)

    def test_progress(self):
        """On a terminal, while the result goes elsewhere; not into files."""
        controller, terminal = pty.openpty()
        source = self.folder / "in"
        source.write_text((SENTENCE + "\n") * 400)
        process = start(["translate", *GREEDY, "--batch-rows", "8", "--src", source], stderr=terminal)
        os.close(terminal)
        process.communicate(timeout=PATIENCE)
        shown = os.read(controller, 65536).decode("utf-8", "replace")
        os.close(controller)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown, r"\d+ lines, [\d.]+ lines/s, \d+%, \d+:\d\d left")
        self.assertEqual(run(["translate", *GREEDY, "--src", source, "--out", self.folder / "out"]).err, "")


if __name__ == "__main__":
    main()
