"""Every import mode translates as attune does alone; words that make no sense are refused."""
import sys
import tempfile

import running


def check(program, rows, modes):
    frames = {"few": 60, "some": 160, "all": 600}[rows]
    for mode in modes:
        for in_flight in (1, 2, 3) if rows == "all" else (2,):
            text = running.run(program, "--frames", frames, "--size", "160x90", "--mode", mode, "--budget-us", 2000,
                               "--frames-in-flight", in_flight)
            running.expect_report(text, frames, 1 + frames // 100)
    for words, message in ((["--mode", "magic"], "magic"), (["--frames", "0"], "--frames"), (["--size", "640"], "WIDTHxHEIGHT"),
                           (["--frame", "3"], "--frame"), (["--budget-us"], "--budget-us")):
        running.expect(message in running.run(program, *words, status=2), f"the message does not name {message}")
    with tempfile.TemporaryDirectory() as empty:
        running.run(program, "--frames", 1, "--size", "64x64", "--model", empty, status=1)
        running.run(program, "--frames", 1, "--size", "64x64", "--fonts", empty, status=1)


if __name__ == "__main__":
    sys.exit(running.main(check))
