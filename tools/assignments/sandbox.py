"""Walls around a process that runs what somebody handed in; Linux only, and no privileges are needed.

Landlock leaves it the folders that it may read and the one that it may write to; a system-call filter
(seccomp) takes the network, other processes, signals, memory and messages that outlive it, and the owners and
modes of files; resource limits bound memory, time and the size of a file.  All of it holds until the process
ends.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

# Numbers of system calls that are refused, x86_64 and aarch64.
REFUSED = {
    "x86_64": {
        "socket": 41, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434,
        "tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "setrlimit": 160,
        "unshare": 272, "setns": 308, "mount": 165, "bpf": 321, "io_uring_setup": 425, "keyctl": 250,
        "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "fchown": 93,
        "lchown": 94, "fchownat": 260, "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280,
        "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "setpriority": 141, "setsid": 112,
        "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65, "semctl": 66, "msgget": 68,
        "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "semtimedop": 220, "mq_open": 240, "mq_unlink": 241,
        "add_key": 248, "request_key": 249,
    },
    "aarch64": {
        "socket": 198, "socketpair": 199, "execve": 221, "execveat": 281, "ptrace": 117,
        "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434, "tkill": 130,
        "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "setrlimit": 164, "unshare": 97, "setns": 268,
        "mount": 40, "bpf": 280, "io_uring_setup": 425, "keyctl": 219, "fchmod": 52, "fchmodat": 53,
        "fchmodat2": 452, "fchown": 55, "fchownat": 54, "utimensat": 88, "setxattr": 5, "lsetxattr": 6,
        "fsetxattr": 7, "setpriority": 140, "setsid": 157,
        "mq_open": 180, "mq_unlink": 181, "msgget": 186, "msgctl": 187, "msgrcv": 188, "msgsnd": 189,
        "semget": 190, "semctl": 191, "semtimedop": 192, "semop": 193, "shmget": 194, "shmctl": 195,
        "shmat": 196, "add_key": 217, "request_key": 218,
    },
}  # fmt: skip
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
KILL = {"x86_64": (62, 234), "aarch64": (129, 131)}  # kill, tgkill
PRLIMIT = {"x86_64": 302, "aarch64": 261}
SECCOMP = {"x86_64": 317, "aarch64": 277}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of the filter's language
ALLOW, NOT_PERMITTED, NOT_IMPLEMENTED = 0x7FFF0000, 0x00050001, 0x00050026
THREAD = 0x00010000  # a clone that is a thread of this process

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ = 1 << 2 | 1 << 3  # files, folders
TRUNCATION = 3  # the version that knows the right to empty a file
OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15


def libc() -> ctypes.CDLL:
    """The C library, which says what went wrong."""
    return ctypes.CDLL(None, use_errno=True)


def landlock_version() -> int:
    """The version of Landlock that this kernel has; 0 if none."""
    if sys.platform != "linux":
        return 0
    return max(0, libc().syscall(CREATE_RULESET, None, 0, 1))


def missing() -> list[str]:
    """What this machine cannot keep a submission from."""
    found = []
    if sys.platform != "linux":
        return ["anything, since limits and walls are Linux's"]
    if platform.machine() not in REFUSED:
        found.append("the network and other processes (the filter knows x86_64 and aarch64)")
    version = landlock_version()
    if version == 0:
        found.append("reading and writing your files (Landlock, of Linux 5.13 or later, is off)")
    elif version < TRUNCATION:
        found.append("emptying your files (Landlock forbids it from Linux 6.2 on)")
    return found


def lock(readable: Iterable[Path], writable: Path, memory: int, seconds: int) -> None:
    """Put this process behind the walls, as far as the machine has them.

    Args:
        readable: Files and folders that it may read.
        writable: The folder that it may also write to.
        memory: Bytes that it may take from now on.
        seconds: Of processor time, from now on.

    Raises:
        OSError: The system refuses a wall that it has.
    """
    limit(memory, seconds)
    if libc().prctl(38, 1, 0, 0, 0):  # no new privileges
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if landlock_version():
        confine(readable, writable)
    no_privileges = struct.pack("6I", *6 * (0,))
    if libc().capset(struct.pack("Ii", 0x20080522, 0), no_privileges):  # should the marker be root
        raise OSError(ctypes.get_errno(), "capset")
    if platform.machine() in REFUSED:
        refuse_calls(platform.machine())


def limit(memory: int, seconds: int) -> None:
    """Bound memory, processor time, the size of a file, and the number of open ones."""
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    for what, most in (
        (resource.RLIMIT_AS, taken + memory),
        (resource.RLIMIT_CPU, spent + seconds),
        (resource.RLIMIT_FSIZE, 64 << 20),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def confine(readable: Iterable[Path], writable: Path) -> None:
    """Leave this process these folders, by Landlock."""
    version, c = landlock_version(), libc()
    everything = (1 << 13) - 1
    for since, right in ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15)):
        everything |= right if version >= since else 0
    network, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    about = struct.pack("QQQ", everything, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = c.syscall(CREATE_RULESET, about, size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    special = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12  # devices, sockets, pipes and links
    rules = [(path, READ) for path in readable] + [(writable, everything & ~special)]
    for path, rights in rules:
        if not path.exists():
            continue
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights &= everything if path.is_dir() else OF_FILES & everything
        if c.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0):
            raise OSError(ctypes.get_errno(), f"landlock: {path}")
        os.close(place)
    if c.syscall(RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock")
    os.close(ruleset)


def refuse_calls(machine: str) -> None:
    """Refuse system calls, by a filter that all threads get."""

    def only_if(
        number: int, argument: int, test: int, value: int
    ) -> list[tuple[int, int, int, int]]:
        """Let a call through if its argument passes the test."""
        return [
            (EQUAL, 0, 4, number),
            (LOAD, 0, 0, 16 + 8 * argument),
            (test, 0, 1, value),
            (RETURN, 0, 0, ALLOW),
            (RETURN, 0, 0, NOT_PERMITTED),
        ]

    program = [
        (LOAD, 0, 0, 4),  # the architecture
        (EQUAL, 1, 0, AUDIT[machine]),
        (RETURN, 0, 0, NOT_PERMITTED),
        (LOAD, 0, 0, 0),  # the call's number
        (AT_LEAST, 0, 1, 0x40000000),  # another numbering of the same calls
        (RETURN, 0, 0, NOT_PERMITTED),
        (EQUAL, 0, 1, CLONE3),  # its flags lie in memory; the C library then takes the other
        (RETURN, 0, 0, NOT_IMPLEMENTED),
        *only_if(CLONE[machine], 0, ANY_BIT, THREAD),
        *only_if(PRLIMIT[machine], 2, EQUAL, 0),  # asking for a limit
    ]
    for number in KILL[machine]:
        program += only_if(number, 0, EQUAL, os.getpid())
    for number in REFUSED[machine].values():
        program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, NOT_PERMITTED)]
    program.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
    about = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    every_thread = 1
    if libc().syscall(SECCOMP[machine], 1, every_thread, about):
        raise OSError(ctypes.get_errno(), "seccomp")
