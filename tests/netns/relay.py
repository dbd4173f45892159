"""Passes frames on between two devices, each after a delay. Arguments: the delay in seconds, the two devices."""
import collections
import select
import socket
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4
FRAME_MAX = 65536
WAITING_MAX = 20000  # frames; more are lost, as on a link


def open_device(name):
    device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    device.bind((name, 0))
    device.setblocking(False)
    return device


def main():
    delay_s, devices = float(sys.argv[1]), [open_device(name) for name in sys.argv[2:]]
    other = dict(zip(devices, reversed(devices)))
    waiting = collections.deque()  # (when, device, frame): one delay for all, so the first is due first
    print("ready", flush=True)
    while True:
        left_s = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select(devices, [], [], left_s)[0]:
            frame, (_, _, kind, *_) = device.recvfrom(FRAME_MAX)
            if kind != PACKET_OUTGOING and len(waiting) < WAITING_MAX:
                waiting.append((time.monotonic() + delay_s, other[device], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, device, frame = waiting.popleft()
            try:
                device.send(frame)
            except OSError:  # a full queue, or a frame too large: lost
                pass


main()
