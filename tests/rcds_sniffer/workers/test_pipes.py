"""Messages through a pipe: whole, in order, and bounded."""

import os
import threading

import pytest

from rcds_sniffer.workers.pipes import PIPE_OCTETS, Receiver, make_pipe, send


def received(receiver: Receiver) -> list[bytes]:
    messages = []
    while not receiver.ended:
        messages += receiver.wait(1)
    return messages


def test_messages_arrive_whole_and_in_order_however_long() -> None:
    reader, writer = make_pipe()
    messages = [b"", b"a", os.urandom(5 * PIPE_OCTETS), b"", *(bytes([n]) * n for n in range(200))]

    def write() -> None:
        for message in messages:
            send(writer, message)
        os.close(writer)

    thread = threading.Thread(target=write)
    thread.start()
    assert received(Receiver(reader)) == messages
    thread.join()
    os.close(reader)


def test_message_that_comes_in_pieces_waits_for_its_rest() -> None:
    reader, writer = make_pipe()
    receiver = Receiver(reader)
    octets = (3).to_bytes(8) + b"abc"
    for octet in octets[:-1]:
        os.write(writer, bytes([octet]))
        assert receiver.wait(1) == []
    os.write(writer, octets[-1:] + (0).to_bytes(8))
    assert receiver.wait(1) == [b"abc", b""]
    os.close(reader)
    os.close(writer)


def test_no_message_is_no_wait_without_end() -> None:
    reader, writer = make_pipe()
    receiver = Receiver(reader)
    assert receiver.wait(0.01) == []
    assert not receiver.ended
    os.close(reader)
    os.close(writer)


def test_message_that_was_cut_off_is_none() -> None:
    reader, writer = make_pipe()
    os.write(writer, (10).to_bytes(8) + b"half")
    os.close(writer)
    assert received(Receiver(reader)) == []
    os.close(reader)


def test_writer_learns_that_nobody_reads() -> None:
    reader, writer = make_pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        send(writer, b"a")
    os.close(writer)
