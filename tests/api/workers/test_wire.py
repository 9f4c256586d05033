import itertools
import socket
import threading

from hypothesis import given
from hypothesis import strategies as st

from api.errors import MemoryLimit, NotAcceptable, TimeLimit
from api.workers import faults, wire
from kg.errors import QuerySyntaxError

KINDS = st.sampled_from([wire.JOB, wire.WHOLE, wire.CHUNK, wire.FAILURE])
HEADS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3)
FRAMES = st.lists(st.tuples(KINDS, HEADS, st.binary(max_size=200)), max_size=6)


@given(frames=FRAMES, cuts=st.lists(st.integers(0, 1500), max_size=12))
def test_frames_survive_any_cutting(frames, cuts):
    data = b"".join(wire.pack(*each) for each in frames)
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    unpacker = wire.Unpacker()
    parts = [data[a:b] for a, b in itertools.pairwise(places)]
    assert [tuple(frame) for part in parts for frame in unpacker.feed(part)] == frames


@given(frames=FRAMES)
def test_frames_are_read_from_a_socket(frames):
    near, far = socket.socketpair()
    data = b"".join(wire.pack(*each) for each in frames)

    def write():
        with far:
            far.sendall(data)

    writer = threading.Thread(target=write)
    writer.start()
    with near:
        found = []
        reader = wire.Reader(near)
        while (frame := reader.next()) is not None:
            found.append(tuple(frame))
    writer.join()
    assert found == frames


def test_errors_of_ours_survive_with_their_fields():
    for error in (
        QuerySyntaxError("No.", 3, 4),
        TimeLimit("Too long.", "query_seconds", 2.5),
        MemoryLimit("Too much.", "query_memory_bytes", 7),
    ):
        again = faults.restored(faults.packed(error))
        assert type(again) is type(error)
        assert (str(again), vars(again)) == (str(error), vars(error))


def test_other_errors_keep_their_words_for_the_log_only():
    assert not faults.is_known(ZeroDivisionError("x"))
    again = faults.restored({"words": "Traceback ..."})
    assert isinstance(again, faults.WorkerFault)
    forged = faults.restored({"error": "os.system", "words": "rm", "fields": {"args": 1}})
    assert isinstance(forged, faults.WorkerFault)
    assert faults.is_known(NotAcceptable("text/x", ["a/b"]))
