from __future__ import annotations

import contextlib
import io
import sys
import threading

from graphcell_agent.capture import Capture, abandon, captured


def test_only_the_capturing_threads_output_is_taken() -> None:
    capture, seen, shown = Capture(), threading.Event(), io.StringIO()

    def elsewhere() -> None:
        seen.wait(5)
        sys.stdout.write("cell\n")

    with contextlib.redirect_stdout(shown):
        other = threading.Thread(target=elsewhere)
        other.start()
        with captured(capture, set()):
            sys.stdout.write("step\n")
            seen.set()
            other.join()
        assert sys.stdout is shown
    assert capture.take() == "step\n"
    assert shown.getvalue() == "cell\n"


def test_threads_that_a_step_starts_belong_to_it() -> None:
    capture = Capture()
    with captured(capture, set()):
        thread = threading.Thread(target=lambda: print("helper"))
        thread.start()
        thread.join()
    assert capture.take() == "helper\n"


def test_a_thread_left_behind_no_longer_holds_the_streams() -> None:
    stdout, going, stop = sys.stdout, threading.Event(), threading.Event()

    def stuck() -> None:
        with captured(Capture(), set()):
            going.set()
            stop.wait(5)

    thread = threading.Thread(target=stuck)
    thread.start()
    going.wait(5)
    assert sys.stdout is not stdout
    abandon(thread.ident)
    assert sys.stdout is stdout
    inner = Capture()
    with captured(inner, set()):
        stop.set()
        thread.join()
        print("still caught")
    assert inner.take() == "still caught\n"
    assert sys.stdout is stdout


def test_a_stream_that_a_step_put_there_stays() -> None:
    stdout, own = sys.stdout, io.StringIO()
    try:
        with captured(Capture(), set()):
            sys.stdout = own
        assert sys.stdout is own
    finally:
        sys.stdout = stdout


def test_the_middle_of_long_output_is_left_out() -> None:
    capture = Capture()
    capture.add("a" * 60_000)
    capture.add("b" * 60_000)
    text = capture.take()
    assert text.startswith("a" * 49_152 + "\n… ")
    assert text.endswith("b" * 16_384)
    assert "54464 characters left out" in text
    assert capture.take() == ""
