"""The window, on an X server without a screen; and without a display, a message."""
import os
import subprocess
import sys

import running


def check(program, rows, modes):
    nowhere = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    message = running.run(program, "--window", "--frames", 3, "--size", "160x90", status=1, environment=nowhere)
    running.expect("--window" in message, "the message does not name --window")

    server = subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        display = server.stdout.readline().strip()
        running.expect(display, "Xvfb does not start")
        frames = {"few": 5, "some": 30, "all": 300}[rows]
        text = running.run(program, "--window", "--frames", frames, "--size", "320x180",
                           environment={**nowhere, "DISPLAY": f":{display}"})
        running.expect_report(text, frames, 1)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(running.main(check))
