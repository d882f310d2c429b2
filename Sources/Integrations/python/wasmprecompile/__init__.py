"""Loads WebAssembly modules from a cache of ``wasmprecompile``, in programs that use PyPI's package ``wasmtime``.

    import wasmtime, wasmprecompile

    engine = wasmtime.Engine()
    module = wasmprecompile.load(engine, "app.wasm")

A module that is in the cache is not compiled. One that is not is compiled by the given engine, and published if there is a
cache to write to, so that the next load has it. The engine may have any configuration: what it is good for is asked of the
engine itself, by compiling the empty module, so nothing is to be said twice. Settings that the engine and the tool must
agree about are then found out by the lookup: an artifact that was made for another engine has another name.

Nothing that is wrong with a cache is an exception. An artifact whose bytes do not have the digest of their name, one that
the engine refuses, and a cache that other users could write to count as missing; the logger ``wasmprecompile`` says so, and
once for each directory that there is no cache. A corrupt artifact of a cache that may be written to is moved aside.
What raises is what would raise without a cache: the module's file cannot be read, or the engine refuses the module.

*Which bytes are loaded.* An engine checks no artifact: it runs what it is given. So the bytes are read once, hashed, and
exactly those are given to the engine, from this process's own memory. (Rejected: ``deserialize_file`` on the checked
descriptor, which maps the file. It shares memory between processes, but whoever can write to the file can change the code
after the check.)

The format is described in FORMAT.md. The module needs Linux, Python 3.9 and ``wasmtime`` 24 or later; on other systems it
compiles everything and keeps nothing. All functions may be called on any thread.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import errno
import functools
import hashlib
import json
import logging
import os
import re
import secrets
import stat
import struct
import sys
import threading
import time
import typing
import weakref

import wasmtime
import wasmtime._ffi as _ffi

try:
    import fcntl
except ImportError:  # not Linux: nothing is kept
    pass

__all__ = ["Artifact", "Cache", "Identity", "Outcome", "default_directory", "directory_name", "identity", "load",
           "load_component"]

_log = logging.getLogger("wasmprecompile")

_Path = typing.Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

BACKENDS = ("cranelift", "winch", "pulley")
FEATURES = ("least", "all")


# The identity


class Identity(typing.NamedTuple):
    """What artifacts are filed under: one build of one compiler, asked for one thing."""

    backend: str
    version: str
    target: str
    record: bytes
    build: bytes
    features: str
    #: 64 digits: the SHA-256 over backend, record, build and features.
    digest: str
    #: The name of the directory that the entries are in.
    directory: str


def identity(backend: str, record: bytes, build: bytes, features: str) -> str:
    """The 64 digits of an identity."""
    digest = hashlib.sha256()
    parts = (("backend", backend.encode()), ("record", record), ("build", build), ("features", features.encode()))
    for tag, part in parts:
        digest.update(b"%s %d\n" % (tag.encode(), len(part)) + part)
    return digest.hexdigest()


def directory_name(backend: str, version: str, digest: str) -> str:
    """The name of an identity's directory."""
    return f"{backend}-{re.sub('[^A-Za-z0-9._+]', '_', version)}-{digest[:16]}"


def _identities(record: bytes, build: bytes) -> typing.Tuple[Identity, ...]:
    """The identities under which something for an engine may be filed: its backend cannot be seen."""
    version, target = _version_and_target(record)
    found = []
    for features in FEATURES:
        for backend in BACKENDS:
            digest = identity(backend, record, build, features)
            name = directory_name(backend, version, digest)
            found.append(Identity(backend, version, target, record, build, features, digest, name))
    return tuple(found)


def _version_and_target(record: bytes) -> typing.Tuple[str, str]:
    """The two texts that open a record behind its first byte, each with its length; only names of directories need them."""
    texts: typing.List[str] = []
    rest = record[1:]
    while len(texts) < 2 and rest and len(rest) > rest[0]:
        text, rest = rest[1:1 + rest[0]], rest[1 + rest[0]:]
        if not re.fullmatch(rb"[!-.0-~]*", text):
            break
        texts.append(text.decode())
    texts += ["unknown"] * (2 - len(texts))
    return texts[0], texts[1]


# What the engine says of itself

_records: "weakref.WeakKeyDictionary[wasmtime.Engine, bytes]" = weakref.WeakKeyDictionary()
_build: typing.Optional[bytes] = None
_lock = threading.Lock()
#: The directories that were said to be missing.
_missing: typing.Set[str] = set()


def _record(engine: wasmtime.Engine) -> bytes:
    """The record of the artifacts that an engine makes."""
    with _lock:
        known = _records.get(engine)
    if known is None:
        known = _elf_section(wasmtime.Module(engine, b"\0asm\1\0\0\0").serialize(), b".wasmtime.engine")
        if known is None:
            raise _Refusal("the engine's artifacts carry no record")
        with _lock:
            _records[engine] = known
    return known


def _elf_section(file: typing.Union[bytes, bytearray], wanted: bytes) -> typing.Optional[bytes]:
    """The contents of a section of a 64-bit little-endian ELF file; None if there is none of this name."""
    try:
        if file[:6] != b"\x7fELF\2\1":
            return None
        (table,) = struct.unpack_from("<Q", file, 0x28)
        size, count, names = struct.unpack_from("<HHH", file, 0x3A)
        # name, type, flags, address, offset, size, …
        sections = [struct.unpack_from("<IIQQQQ", file, table + size * index) for index in range(count)]
        start = sections[names][4]
        for section in sections:
            name = start + section[0]
            if file[name:name + len(wanted) + 1] == wanted + b"\0":
                return bytes(file[section[4]:section[4] + section[5]])
    except (struct.error, IndexError):
        pass
    return None


def _library_build() -> bytes:
    """The GNU build id of the libwasmtime of this process; without one, the SHA-256 of its file.

    The build id is read from memory: the file may have been replaced since it was loaded.
    """
    global _build
    if _build is None:
        address = ctypes.cast(_ffi.dll.wasm_engine_new, ctypes.c_void_p).value or 0
        build = _build_id(address) or _file_digest(address)
        with _lock:
            _build = build
    return _build


def _build_id(address: int) -> typing.Optional[bytes]:
    """Reads the ELF headers where the library is loaded.

    (Rejected: dl_iterate_phdr. It calls back with the dynamic linker's lock held, and a thread that imports an extension
    has Python's own lock while it waits for that one.)
    """
    base = _base(address)
    if base is None or ctypes.string_at(base, 6) != b"\x7fELF\x02\x01":
        return None
    header = ctypes.string_at(base, 64)
    (table,) = struct.unpack_from("<Q", header, 0x20)
    size, count = struct.unpack_from("<HH", header, 0x36)
    # type, flags, offset, address, physical address, size in the file, size in memory, alignment
    segments = [struct.unpack("<IIQQQQQQ", ctypes.string_at(base + table + size * index, 56)) for index in range(count)]
    load, note = 1, 4
    first = min((one[3] - one[2] for one in segments if one[0] == load), default=0)
    for notes in [ctypes.string_at(base - first + one[3], one[6]) for one in segments if one[0] == note]:
        at = 0
        while at + 12 <= len(notes):
            name_size, size, kind = struct.unpack_from("<III", notes, at)
            name = at + 12
            start = name + (name_size + 3 & ~3)
            if kind == 3 and notes[name:name + name_size] == b"GNU\0" and 0 < size <= len(notes) - start:
                return notes[start:start + size]
            at = start + (size + 3 & ~3)
    return None


def _base(address: int) -> typing.Optional[int]:
    """Where the file that has this address begins in memory."""
    starts: typing.Dict[typing.Tuple[bytes, bytes], int] = {}
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            # range, rights, offset, device, inode, path
            words = line.rstrip(b"\n").split(None, 5)
            start, end = (int(word, 16) for word in words[0].split(b"-"))
            file = (words[3], words[4])
            if int(words[2], 16) == 0:
                starts[file] = start
            if start <= address < end:
                return starts.get(file)
    return None


def _file_digest(address: int) -> bytes:
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            # range, rights, offset, device, inode, path
            words = line.rstrip(b"\n").split(None, 5)
            start, end = (int(word, 16) for word in words[0].split(b"-"))
            if start <= address < end and len(words) == 6:
                with open(words[5], "rb") as file:
                    if os.fstat(file.fileno()).st_ino != int(words[4]):
                        raise _Refusal("the engine's file was replaced after it was loaded")
                    digest = hashlib.sha256()
                    for block in iter(lambda: file.read(1 << 20), b""):
                        digest.update(block)
                    return digest.digest()
    raise _Refusal("the engine's file cannot be found")


# The cache's directories


class _Refusal(Exception):
    """Why something is not used, in words."""


class _Corrupt(_Refusal):
    """An artifact whose bytes do not have the digest of its name; ``file`` tells which file it was."""

    def __init__(self, text: str, digest: str, file: os.stat_result) -> None:
        super().__init__(text)
        self.digest = digest
        self.file = file


_DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def default_directory() -> str:
    """The cache's directory where none is given: the same that the tool uses."""
    own = os.environ.get("WASMPRECOMPILE_CACHE_DIR")
    if own:
        return own
    caches = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says that relative paths are to be ignored.
    if not os.path.isabs(caches):
        caches = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(caches, "wasmprecompile")


class _Trust:
    """The users who may have written into what is loaded: loading runs code."""

    def __init__(self, anyone: bool) -> None:
        self.anyone = anyone

    def require(self, descriptor: int, name: str) -> os.stat_result:
        """Refuses a file or directory that another user owns or can write to."""
        status = os.fstat(descriptor)
        self._require_owner(status, name, ())
        if not self.anyone and status.st_mode & 0o022:
            raise _Refusal(f"{name}: other users can write to it (mode {stat.S_IMODE(status.st_mode):04o})")
        return status

    def require_way(self, status: os.stat_result, name: str, root: int) -> None:
        """Refuses a directory on the way to a cache whose names another user can change."""
        # In a user name space real root may show as somebody else. It then owns the root directory, and the C library.
        self._require_owner(status, name, (root,))
        # In a sticky directory others cannot rename or remove our files. A link's own mode means nothing.
        is_protected = stat.S_ISLNK(status.st_mode) or status.st_mode & stat.S_ISVTX
        if not self.anyone and status.st_mode & 0o022 and not is_protected:
            raise _Refusal(f"{name}: other users can write to it (mode {stat.S_IMODE(status.st_mode):04o})")

    def _require_owner(self, status: os.stat_result, name: str, others: typing.Tuple[int, ...]) -> None:
        if not self.anyone and status.st_uid not in (os.geteuid(), 0) + others:
            raise _Refusal(f"{name}: belongs to another user ({status.st_uid})")


def _open_way(path: str, trust: _Trust, make: bool, access: int = os.O_RDONLY) -> int:
    """Opens a directory for some access, by a way on which only this user and root can change names.

    Each name is opened in the directory before and checked on its descriptor, so that what was checked is what is used.
    """
    ahead = [(name, False) for name in reversed(os.path.join(os.getcwd(), path).split("/")) if name not in ("", ".")]
    flags = os.O_PATH | os.O_NOFOLLOW
    gone, links = "/", 0
    with contextlib.ExitStack() as opened:

        def keep(descriptor: int) -> int:
            opened.callback(os.close, descriptor)
            return descriptor

        directory = keep(os.open("/", flags))
        root = os.fstat(directory).st_uid
        while ahead:
            name, is_from_link = ahead.pop()
            way = os.path.dirname(gone) if name == ".." else os.path.join(gone, name)
            try:
                step = keep(os.open(name, flags, dir_fd=directory))
            except FileNotFoundError:
                if not make or is_from_link:
                    raise
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=directory)
                step = keep(os.open(name, flags, dir_fd=directory))
            status = os.fstat(step)
            trust.require_way(status, way, root)
            if stat.S_ISLNK(status.st_mode):
                links += 1
                if links > 40:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), way)
                target = os.readlink(name, dir_fd=directory)
                if target.startswith("/"):
                    directory, gone = keep(os.open("/", flags)), "/"
                ahead += [(one, True) for one in reversed(target.split("/")) if one not in ("", ".")]
            else:
                directory, gone = step, way
        return os.open(".", access | _DIRECTORY, dir_fd=directory)


class _Directories:
    """A cache's directories, open and checked, until it is closed."""

    def __init__(self, path: str, trust: _Trust, make: bool = False) -> None:
        self.path = path
        self.trust = trust
        self._make = make
        self._opened = contextlib.ExitStack()
        try:
            root = _open_way(path, trust, make)
            self._opened.callback(os.close, root)
            trust.require(root, path)
            if make:
                self._write_tag(root)
            self.version = self.open("v1", root, path)
            base = os.path.join(path, "v1")
            self.objects = self.open("objects", self.version, base)
            self.engines = self.open("engines", self.version, base)
            for name in ("corrupt", "tmp"):
                with contextlib.suppress(FileNotFoundError):
                    self.open(name, self.version, base)
        except BaseException:
            self.close()
            raise

    def open(self, name: str, parent: int, path: str, make: typing.Optional[bool] = None) -> int:
        """Opens a directory until the cache is closed."""
        whole = os.path.join(path, name)
        try:
            descriptor = self._open_or_make(name, parent, self._make if make is None else make)
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise
            # A link, too, is none: it leads anywhere.
            raise _Refusal(f"{whole}: is no directory that can be opened: {error.strerror}")
        self._opened.callback(os.close, descriptor)
        self.trust.require(descriptor, whole)
        return descriptor

    @staticmethod
    def _open_or_make(name: str, parent: int, make: bool) -> int:
        try:
            return os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=parent)
        except FileNotFoundError:
            if not make:
                raise
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
        return os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=parent)

    @staticmethod
    def _write_tag(root: int) -> None:
        text = (b"Signature: 8a477f597d28d172789f06886806bc55\n"
                b"# This directory holds artifacts that wasmprecompile can make again.\n"
                b"# For information about cache directory tags see https://bford.info/cachedir/\n")
        with contextlib.suppress(FileExistsError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with open(os.open("CACHEDIR.TAG", flags, 0o644, dir_fd=root), "wb") as file:
                file.write(text)

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> "_Directories":
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()


# Looking


class Artifact(typing.NamedTuple):
    """An artifact of the cache, with bytes that have the digest of its name."""

    data: bytes
    #: The entry's path, which `wasmprecompile path` prints, too.
    path: str
    identity: Identity


class Outcome(typing.NamedTuple):
    """What became of one load."""

    #: 64 digits: the SHA-256 of the module's bytes.
    module: str
    #: Whether nothing was compiled.
    from_cache: bool
    #: The path of the entry that was loaded or published; None if there is none.
    path: typing.Optional[str]
    #: Whether the artifact was stored for the next load.
    published: bool
    #: What was found and not used, and why nothing was published; often empty.
    reasons: typing.Tuple[str, ...]


_LONGEST_ARTIFACT = 4 << 30
_LONGEST_SIGNATURE = 4096
_DAY = 24 * 3600


def _read_artifact(
    cache: _Directories, engine: int, name: str, path: str, require: typing.Callable[[str], None] = lambda digest: None,
) -> bytes:
    """The bytes of an entry's artifact, which have the digest that the entry's link names.

    :param require: is given the digest before anything is read, and refuses it by raising.
    """
    try:
        target = os.readlink(name, dir_fd=engine)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise _Refusal(f"{path}: is not a symbolic link")
        raise
    link = re.fullmatch(r"\.\./\.\./objects/([0-9a-f]{2})/([0-9a-f]{62})", target)
    if not link:
        raise _Refusal(f"{path}: its link does not lead to an object")
    require("".join(link.groups()))
    # From the cache's own directory and without following links, so that nothing on the way can lead elsewhere.
    parent = os.open(link.group(1), os.O_RDONLY | _DIRECTORY, dir_fd=cache.objects)
    try:
        cache.trust.require(parent, os.path.join(cache.path, "v1/objects", link.group(1)))
        file = os.open(link.group(2), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=parent)
    finally:
        os.close(parent)
    try:
        status = cache.trust.require(file, path)
        if not stat.S_ISREG(status.st_mode):
            raise _Refusal(f"{path}: its artifact is not a file")
        if status.st_size > _LONGEST_ARTIFACT:
            raise _Refusal(f"{path}: its artifact is larger than {_LONGEST_ARTIFACT} bytes")
        with open(file, "rb", buffering=0, closefd=False) as artifact:
            data = artifact.read()
    finally:
        os.close(file)
    digest = hashlib.sha256(data).hexdigest()
    if digest != "".join(link.groups()):
        raise _Corrupt(f"{path}: its artifact's bytes hash to {digest}", "".join(link.groups()), status)
    return data


# Signatures


class _Key(typing.NamedTuple):
    """A public key, in the form of minisign and signify."""

    name: str
    number: bytes
    point: bytes


def _signed_text(data: bytes, what: str, size: int) -> typing.Tuple[bytes, bytes, typing.List[bytes]]:
    """The number and the rest behind "Ed" in the second line of a key's or signature's file, and its further lines."""
    lines = data.split(b"\n")
    if b"\r" in data or lines[-1] or len(lines) < 3 or not lines[0].startswith(b"untrusted comment: "):
        raise _Refusal(f"it is not {what}")
    try:
        raw = base64.b64decode(lines[1], validate=True)
    except ValueError:
        raw = b""
    if len(raw) != size or base64.b64encode(raw) != lines[1] or raw[:2] != b"Ed":
        raise _Refusal(f"it is not {what} of the kind Ed")
    return raw[2:10], raw[10:], lines[2:-1]


def _read_key(path: str, trust: _Trust) -> _Key:
    """A key that is trusted. Nobody else may be able to put another in its place."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise _Refusal(f"{path}: is not a file")
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        trust.require(file, path)
        # On the way to its name, and to what that leads to. A directory that may not be listed is good for a key.
        for name in (path, os.path.realpath(path)):
            try:
                os.close(_open_way(os.path.dirname(name), trust, False, os.O_PATH))
            except _Refusal as error:
                raise _Refusal(f"{path}: {error}")
        data = os.read(file, _LONGEST_SIGNATURE + 1)
    finally:
        os.close(file)
    try:
        number, point, rest = _signed_text(data, "a public key", 42)
        if rest:
            raise _Refusal("it is not a public key: it has more than two lines")
    except _Refusal as error:
        raise _Refusal(f"{path}: {error}")
    return _Key(os.path.basename(path), number, point)


def _ed25519() -> typing.Callable[[bytes, bytes, bytes], bool]:
    """What checks a signature: of a key, of a text."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise ImportError("signatures are checked by PyPI's package `cryptography`, which is not there: "
                          "install it, or trust no keys")

    def verify(point: bytes, signature: bytes, text: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(point).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


class _Signers:
    """The keys of which one must have signed what a lower cache has."""

    def __init__(self, paths: typing.Sequence[str], trust: _Trust) -> None:
        self._verify = _ed25519()
        self._keys = [_read_key(path, trust) for path in paths]

    def require(self, engine: int, name: str, path: str, own: Identity, digest: str) -> None:
        """Refuses an artifact unless one of the keys signed that it is this module's, for this identity."""
        try:
            if not stat.S_ISREG(os.stat(name + ".minisig", dir_fd=engine, follow_symlinks=False).st_mode):
                raise _Refusal("it is not a file")
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
            with open(os.open(name + ".minisig", flags, dir_fd=engine), "rb") as file:
                data = file.read(_LONGEST_SIGNATURE + 1)
            if len(data) > _LONGEST_SIGNATURE:
                raise _Refusal(f"it has more than {_LONGEST_SIGNATURE} bytes")
            number, signature, rest = _signed_text(data, "a signature", 74)
            if rest and not (len(rest) == 2 and rest[0].startswith(b"trusted comment: ")):
                raise _Refusal("something else than a trusted comment follows its second line")
        except FileNotFoundError:
            raise _Refusal(f"{path}: its artifact is not signed")
        except (_Refusal, OSError) as error:
            raise _Refusal(f"{path}: its artifact's signature cannot be used: {error}")
        keys = [key for key in self._keys if key.number == number]
        if not keys:
            raise _Refusal(f"{path}: its artifact is signed by a key that is not trusted ({number[::-1].hex().upper()})")
        place = directory_name(own.backend, own.version, own.digest)[:-16] + own.digest
        line = f"SHA256 ({place}/{name}) = {digest}\n".encode()
        if not any(self._verify(key.point, signature, line) for key in keys):
            raise _Refusal(f"{path}: its artifact's signature by {keys[0].name} is wrong: it was made for something else, "
                           "or changed")


def _set_aside(cache: _Directories, corrupt: _Corrupt) -> None:
    """Moves a corrupt artifact's file out of the way, so that it is not read again. It is kept for whoever wants to know."""
    digest = corrupt.digest
    with contextlib.suppress(_Refusal, OSError):
        aside = cache.open("corrupt", cache.version, os.path.join(cache.path, "v1"), make=True)
        parent = os.open(digest[:2], os.O_RDONLY | _DIRECTORY, dir_fd=cache.objects)
        try:
            os.rename(digest[2:], digest, src_dir_fd=parent, dst_dir_fd=aside)
            moved = os.stat(digest, dir_fd=aside, follow_symlinks=False)
            if not os.path.samestat(moved, corrupt.file):
                # Another process has stored it anew meanwhile.
                os.rename(digest, digest[2:], src_dir_fd=aside, dst_dir_fd=parent)
        finally:
            os.close(parent)


def _record_use(engine: int, name: str) -> None:
    """Records that an entry was used, right to a day, so that it is not the first to go when room is needed."""
    with contextlib.suppress(OSError):
        last, now = os.stat(name, dir_fd=engine, follow_symlinks=False).st_mtime, time.time()
        if last > now or last < now - _DAY:
            os.utime(name, dir_fd=engine, follow_symlinks=False)


# Publishing


#: Seconds to wait for another process that compiles the same module. After that it is compiled here, too.
_PATIENCE = 120


# What the name of a writer's directory begins with where the file system has no locks.
_UNLOCKED = "unlocked-"


#: The types of file systems (``linux/magic.h``, statfs(2)) that other machines change, or a server behind the kernel's back:
#: NFS, SMB, FUSE, 9P, Ceph, AFS, Coda, NCP, Lustre, GPFS, BeeGFS, OCFS2, GFS2, shared folders of VirtualBox and VMware.
_SHARED = {0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x65735546, 0x01021997, 0x00C36400, 0x5346414F, 0x6B414653, 0x73757245,
           0x564C, 0x0BD00BD0, 0x47504653, 0x19830326, 0x7461636F, 0x01161970, 0x786F4256, 0xBACBACBC}


def _locks_reach_far(file: int) -> bool:
    """Whether locks on a file system are known to all that use it, and not only on the machine that has them."""
    # Longer than any system's structure. Only its first member matters, and Python's own statvfs lacks that.
    status = ctypes.create_string_buffer(512)
    try:
        if ctypes.CDLL(None).fstatfs(file, status) != 0:
            return True
    except (AttributeError, OSError):
        return True
    return int.from_bytes(status.raw[:4], sys.byteorder) not in _SHARED


def _take_lock(file: int, operation: int, patience: float = 10) -> typing.Optional[bool]:
    """Takes a lock, and waits for it for some seconds: whoever may read a file can lock it for ever.

    :return: whether it was had; None where the file system has none.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, operation | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.0002)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF):
                raise
            return None


class _Publication:
    """The right and the place to publish one module's artifact; FORMAT.md, "Writing", has the order."""

    def __init__(self, path: str, trust: _Trust, identity: Identity, module: bytes, make: bool) -> None:
        self._identity = identity
        self._module = module
        self._opened = contextlib.ExitStack()
        self._count = 0
        self.path = os.path.join(path, "v1/engines", identity.directory, module.hex() + ".cwasm")
        try:
            self._cache = self._opened.enter_context(_Directories(path, trust, make))
            base = os.path.join(path, "v1")
            self._temporary = self._cache.open("tmp", self._cache.version, base, make=True)
            self._engine = self._open_engine(os.path.join(base, "engines"))
            self._claim()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> "_Publication":
        return self

    def __exit__(self, *_details: object) -> None:
        self._opened.close()

    def _open_engine(self, path: str) -> int:
        while True:
            engine = self._cache.open(self._identity.directory, self._cache.engines, path, make=True)
            # Whoever removes the directory owns its lock. It may have been removed between making and locking. Nobody can
            # remove it while another holds the lock.
            _take_lock(engine, fcntl.LOCK_SH)
            if os.fstat(engine).st_nlink > 0:
                return engine

    def _claim(self) -> None:
        """Takes the module's byte in the lock. Who cannot get it compiles all the same: the work is then done twice."""
        lock = os.open("lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=self._engine)
        self._opened.callback(os.close, lock)
        offset = int.from_bytes(self._module[:8], "big") & (1 << 62) - 1
        one_byte = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
        deadline, pause = time.monotonic() + _PATIENCE, 0.001
        # These locks have no waiting with a deadline. So look again, ever less often.
        while time.monotonic() < deadline:
            try:
                fcntl.fcntl(lock, fcntl.F_OFD_SETLK, one_byte)
                break
            except (BlockingIOError, PermissionError):
                time.sleep(pause)
                pause = min(2 * pause, 0.1)
            except OSError:
                break

    def publish(self, artifact: typing.Union[bytes, bytearray]) -> None:
        """Stores an artifact and makes the module's entry lead to it."""
        if _elf_section(artifact, b".wasmtime.engine") != self._identity.record:
            raise _Refusal("the artifact has another record than its engine")
        digest = hashlib.sha256(artifact).hexdigest()
        with self._writer() as writer:
            self._describe(writer)
            name = self._write(writer, artifact, 0o444)
            parent = self._cache.open(digest[:2], self._cache.objects, "objects", make=True)
            with self._keeping_evictions_out():
                os.rename(name, digest[2:], src_dir_fd=writer, dst_dir_fd=parent)
                self._link(writer, f"../../objects/{digest[:2]}/{digest[2:]}", self._module.hex() + ".cwasm")
        for directory in (parent, self._cache.objects, self._engine, self._cache.engines):
            os.fsync(directory)

    @contextlib.contextmanager
    def _writer(self) -> typing.Iterator[int]:
        """A directory of this writer's own, which others know by its lock from one that a dead writer left."""
        self._remove_abandoned()
        prefix = ""
        while True:
            name = prefix + secrets.token_hex(8)
            os.mkdir(name, 0o700, dir_fd=self._temporary)
            try:
                writer = os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=self._temporary)
            except FileNotFoundError:
                continue
            is_held = True if prefix else _take_lock(writer, fcntl.LOCK_EX, patience=0)
            if is_held is None:
                # The name says it where a lock cannot.
                prefix = _UNLOCKED
                os.rmdir(name, dir_fd=self._temporary)
            if is_held and os.fstat(writer).st_nlink > 0:
                break
            os.close(writer)
        try:
            yield writer
        finally:
            self._remove_writer(writer, name)
            os.close(writer)

    def _remove_abandoned(self) -> None:
        """Removes what dead writers left; trouble with one is left to the next.

        A lock goes with its process. Where there are no locks, or they do not reach far, a writer counts as dead after a day
        without a new file, too.
        """
        names = os.listdir(self._temporary)
        reach_far = not names or _locks_reach_far(self._temporary)
        for name in names:
            has_lock = not name.startswith(_UNLOCKED)
            with contextlib.suppress(OSError):
                writer = os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=self._temporary)
                try:
                    if not (has_lock and reach_far) and os.fstat(writer).st_mtime >= time.time() - _DAY:
                        continue
                    if has_lock:
                        fcntl.flock(writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._remove_writer(writer, name)
                finally:
                    os.close(writer)

    def _remove_writer(self, writer: int, name: str) -> None:
        with contextlib.suppress(OSError):
            for left in os.listdir(writer):
                os.unlink(left, dir_fd=writer)
            os.rmdir(name, dir_fd=self._temporary)

    def _write(self, writer: int, contents: typing.Union[bytes, bytearray], mode: int) -> str:
        """Writes a file, and waits until it is on the disk."""
        self._count += 1
        name = str(self._count)
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=writer)
        try:
            rest = memoryview(contents)
            while rest:
                rest = rest[os.write(file, rest):]
            os.fchmod(file, mode)
            os.fdatasync(file)
        finally:
            os.close(file)
        return name

    def _link(self, writer: int, target: str, name: str) -> None:
        try:
            os.symlink(target, name, dir_fd=self._engine)
        except FileExistsError:
            os.symlink(target, "link", dir_fd=writer)
            os.rename("link", name, src_dir_fd=writer, dst_dir_fd=self._engine)

    @contextlib.contextmanager
    def _keeping_evictions_out(self) -> typing.Iterator[None]:
        """Shares the lock of whoever removes objects. One that was stopped in the middle is not waited for forever."""
        lock = os.open(".", os.O_RDONLY | _DIRECTORY, dir_fd=self._cache.objects)
        try:
            with contextlib.suppress(OSError):
                _take_lock(lock, fcntl.LOCK_SH)
            yield
        finally:
            os.close(lock)

    def _describe(self, writer: int) -> None:
        """Writes ``engine.json`` unless it says the same already, in whatever words its writer chose for the options."""
        own = self._identity
        wanted = {
            "backend": own.backend, "build": own.build.hex(), "features": own.features, "format": "wasmtime",
            "identity": own.digest, "record": own.record.hex(), "suffix": ".cwasm", "target": own.target,
            "version": own.version,
        }
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            with open(os.open("engine.json", flags, dir_fd=self._engine), "rb") as file:
                there = json.loads(file.read(1 << 16))
            if isinstance(there.pop("options"), list) and wanted.items() <= there.items():
                return
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            pass
        # The settings of a host's engine cannot be seen, but only their effect, the record.
        options = [{"name": "engine", "value": "of a host"}, {"name": "features", "value": own.features}]
        text = json.dumps({**wanted, "options": options}, indent=2, sort_keys=True, separators=(",", " : "))
        name = self._write(writer, text.encode() + b"\n", 0o644)
        os.rename(name, "engine.json", src_dir_fd=writer, dst_dir_fd=self._engine)


# The whole


def _line(error: Exception) -> str:
    """An error in one line: engines spread causes over several, and add a backtrace where the environment asks for one."""
    text = str(error).split("Stack backtrace:")[0]
    return ": ".join(re.sub(r"^\d+: ", "", line.strip()) for line in text.splitlines()
                     if line.strip() not in ("", "Caused by:"))


class Cache:
    """The artifacts that one engine can load: those of the host's own cache, and of caches below it that are only read.

    The directories are opened for each load. So a cache may be made, removed or replaced while the host runs.

    :param engine: what compiles and runs the modules.
    :param directory: the cache; by default the one that the tool uses.
    :param lower_caches: directories of caches that are only read, looked at in this order after the own one.
    :param write: whether what had to be compiled is published. By default it is if the cache is there and may be written
        to; with True a cache is made if there is none.
    :param backend: what the engine compiles with, where that is ``winch``: it cannot be seen. It only says under which name
        an artifact is published; looked for is each.
    :param trust_cache: whether other users may own the cache or write to it. What they write is run.
    :param trusted_keys: files of public keys, as ``wasmprecompile keys generate``, minisign and signify make them. With any, an
        artifact of a lower cache counts only if one of them signed it. PyPI's package ``cryptography`` checks that; without it,
        this raises ``ImportError``. A key that cannot be used raises ``ValueError``: it is no trouble with a cache.
    :param report: called with the :class:`Outcome` of each load, on the thread that loads.
    """

    def __init__(
        self, engine: wasmtime.Engine, directory: typing.Optional[_Path] = None, *,
        lower_caches: typing.Iterable[_Path] = (), write: typing.Optional[bool] = None,
        backend: typing.Optional[str] = None, trust_cache: bool = False, trusted_keys: typing.Iterable[_Path] = (),
        report: typing.Optional[typing.Callable[[Outcome], None]] = None,
    ) -> None:
        if backend is not None and backend not in BACKENDS:
            raise ValueError(f"backend is none of {', '.join(BACKENDS)}: {backend}")
        self.engine = engine
        self.directory = os.fsdecode(directory) if directory is not None else default_directory()
        self.lower_caches = tuple(os.fsdecode(one) for one in lower_caches)
        self.write = write
        self._backend = backend
        self._trust = _Trust(trust_cache)
        keys = [os.fsdecode(one) for one in trusted_keys]
        try:
            self._signers = _Signers(keys, self._trust) if keys else None
        except (_Refusal, OSError) as error:
            raise ValueError(f"a trusted key cannot be used: {error}")
        self._report = report
        self._counting = threading.Lock()
        #: How many loads were served from a cache.
        self.hits = 0
        #: How many were compiled.
        self.misses = 0
        #: The identities that are looked for, in this order; none if the engine cannot be told from others.
        self.identities: typing.Tuple[Identity, ...] = ()
        try:
            if sys.platform.startswith("linux"):
                self.identities = _identities(_record(engine), _library_build())
        except (_Refusal, OSError, wasmtime.WasmtimeError) as error:
            _log.warning("nothing is cached: %s", error)

    def load(self, path: _Path) -> wasmtime.Module:
        """Loads the module in a file."""
        with open(path, "rb") as file:
            return self.load_bytes(file.read())

    def load_bytes(self, wasm: typing.Union[bytes, bytearray]) -> wasmtime.Module:
        """Loads a module in WebAssembly's binary format. Text is compiled and not cached."""
        return self._load(wasmtime.Module, bytes(wasm))

    def load_component(self, path: _Path) -> typing.Any:
        """Loads the component in a file, as a ``wasmtime.component.Component``."""
        with open(path, "rb") as file:
            return self.load_component_bytes(file.read())

    def load_component_bytes(self, wasm: typing.Union[bytes, bytearray]) -> typing.Any:
        """Loads a component.

        :raises ImportError: this release of the package ``wasmtime`` has no components.
        """
        from wasmtime.component import Component

        return self._load(Component, bytes(wasm))

    def find(self, wasm: typing.Union[bytes, bytearray]) -> typing.Optional[Artifact]:
        """The artifact of a module or component; None if no cache has a good one."""
        return next(self._artifacts(hashlib.sha256(wasm).digest(), []), None)

    def path(self, path: _Path) -> typing.Optional[str]:
        """The path of the entry for the module in a file, whose artifact was checked; None if no cache has a good one."""
        with open(path, "rb") as file:
            found = self.find(file.read())
        return found.path if found else None

    def _artifacts(
        self, module: bytes, reasons: typing.Optional[typing.List[str]],
    ) -> typing.Iterator[Artifact]:
        name = module.hex() + ".cwasm"
        for place in (self.directory, *self.lower_caches) if self.identities else ():
            try:
                with _Directories(place, self._trust) as cache:
                    for own in self.identities:
                        path = os.path.join(place, "v1/engines", own.directory, name)
                        try:
                            engine = cache.open(own.directory, cache.engines, os.path.join(place, "v1/engines"), make=False)
                            require: typing.Callable[[str], None] = lambda digest: None
                            if self._signers is not None and place != self.directory:
                                require = functools.partial(self._signers.require, engine, name, path, own)
                            data = _read_artifact(cache, engine, name, path, require)
                            if place == self.directory:
                                _record_use(engine, name)
                            yield Artifact(data, path, own)
                        except (_Refusal, OSError) as error:
                            if isinstance(error, _Corrupt) and place == self.directory and self.write is not False:
                                _set_aside(cache, error)
                            self._note(error, reasons)
            except (_Refusal, OSError) as error:
                self._note(error, reasons)

    @staticmethod
    def _note(error: Exception, reasons: typing.Optional[typing.List[str]]) -> None:
        # What is not there is no trouble.
        if reasons is not None and not isinstance(error, FileNotFoundError):
            reasons.append(str(error))
            _log.warning("not used: %s", error)

    def _load(self, kind: typing.Any, wasm: bytes) -> typing.Any:
        reasons: typing.List[str] = []
        module = hashlib.sha256(wasm).digest()
        loaded = self._take(kind, module, reasons)
        return self._compile(kind, wasm, module, reasons) if loaded is None else loaded

    def _take(self, kind: typing.Any, module: bytes, reasons: typing.Optional[typing.List[str]]) -> typing.Any:
        """Loads what a cache has; None if it has nothing good.

        :param reasons: takes what was found and not used; None if that was said before.
        """
        with contextlib.closing(self._artifacts(module, reasons)) as artifacts:
            for artifact in artifacts:
                try:
                    loaded = kind.deserialize(self.engine, artifact.data)
                except wasmtime.WasmtimeError as error:
                    self._note(_Refusal(f"{artifact.path}: the engine refuses it: {_line(error)}"), reasons)
                    continue
                self._tell(Outcome(module.hex(), True, artifact.path, False, tuple(reasons or ())))
                return loaded
        return None

    def _compile(self, kind: typing.Any, wasm: bytes, module: bytes, reasons: typing.List[str]) -> typing.Any:
        path = None
        with contextlib.ExitStack() as held:
            publication = None
            try:
                # The claim is held while the engine compiles.
                publication = held.enter_context(self._publication(wasm, module))
            except FileNotFoundError:
                reasons.append("there is no cache to publish to")
                self._tell_once_that_there_is_none()
            except (_Refusal, OSError) as error:
                # What keeps from loading often keeps from publishing, too.
                if str(error) not in reasons:
                    reasons.append(str(error))
            # The one that had the claim may have published it.
            there = None if publication is None else self._take(kind, module, None)
            if there is not None:
                return there
            loaded = kind(self.engine, wasm)
            if publication is not None:
                try:
                    publication.publish(loaded.serialize())
                    path = publication.path
                except (_Refusal, OSError, wasmtime.WasmtimeError) as error:
                    reasons.append(f"not published: {_line(error)}")
                    _log.warning("not published: %s: %s", publication.path, _line(error))
        self._tell(Outcome(module.hex(), False, path, path is not None, tuple(reasons)))
        return loaded

    def _tell_once_that_there_is_none(self) -> None:
        with _lock:
            if self.directory in _missing:
                return
            _missing.add(self.directory)
        _log.warning("%s: there is no cache, so that nothing is kept: make one with write=True or by running wasmprecompile",
                     self.directory)

    def _publication(self, wasm: bytes, module: bytes) -> _Publication:
        if self.write is False:
            raise _Refusal("the cache is only read")
        if not self.identities:
            raise _Refusal("the engine cannot be told from others")
        if wasm[:4] != b"\0asm":
            raise _Refusal("the module is not in the binary format")
        backend = self._publishing_backend()
        # An artifact of an engine as its host made it assumes everything that the engine has.
        own = next(one for one in self.identities if one.backend == backend and one.features == "all")
        return _Publication(self.directory, self._trust, own, module, make=self.write is True)

    def _publishing_backend(self) -> str:
        if self._backend is not None:
            return self._backend
        return "pulley" if self.identities[0].target.startswith("pulley") else "cranelift"

    def _tell(self, outcome: Outcome) -> None:
        with self._counting:
            if outcome.from_cache:
                self.hits += 1
            else:
                self.misses += 1
        _log.debug("%s: %s", outcome.module, "from the cache" if outcome.from_cache else "compiled")
        if self._report:
            self._report(outcome)


def load(
    engine: wasmtime.Engine, path: _Path, *, cache: typing.Optional[_Path] = None,
    lower_caches: typing.Iterable[_Path] = (), write: typing.Optional[bool] = None,
) -> wasmtime.Module:
    """Loads the module in a file, from a cache if one has it.

    The parameters are those of :class:`Cache`; ``cache`` is its directory.
    """
    return Cache(engine, cache, lower_caches=lower_caches, write=write).load(path)


def load_component(
    engine: wasmtime.Engine, path: _Path, *, cache: typing.Optional[_Path] = None,
    lower_caches: typing.Iterable[_Path] = (), write: typing.Optional[bool] = None,
) -> typing.Any:
    """Loads the component in a file, from a cache if one has it; see :func:`load`."""
    return Cache(engine, cache, lower_caches=lower_caches, write=write).load_component(path)
