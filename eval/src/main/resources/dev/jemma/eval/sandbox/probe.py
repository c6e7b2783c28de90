# Tries what a sandbox must prevent; comes to its end only if all of it was refused.
import ctypes
import os
import resource
import socket
import time


def refused(what, action):
    try:
        action()
    except OSError:
        return
    raise AssertionError(what + " is possible")


def create(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def connect():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "refused")


refused("a way into the network", connect)
assert [name for _, name in socket.if_nameindex()] in ([], ["lo"]), "the machine's network is visible"
for folder in ("/", "/usr", "/usr/lib", "/etc", "/dev", "/home", "/root", "/var/tmp", "/dev/shm", "/old"):
    refused("writing to " + folder, lambda: create(folder + "/jemma-probe"))
refused("the list of processes", lambda: os.listdir("/proc/self"))
libc = ctypes.CDLL(None, use_errno=True)
refused("another user namespace", lambda: call(libc.unshare(0x10000000)))
refused("a mount", lambda: call(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)))
assert resource.getrlimit(resource.RLIMIT_AS)[0] > 0, "memory has no limit"
create("scratch")
limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
assert 0 < limit < 10000, "processes have no limit"
children = []


def fork_many():
    for _ in range(limit + 1):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)


try:
    refused("more processes than allowed", fork_many)
finally:
    for child in children:
        os.kill(child, 9)
