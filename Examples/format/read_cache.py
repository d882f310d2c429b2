#!/usr/bin/env python3
"""Reads a cache of wasmprecompile as FORMAT.md describes it, and checks every entry.

    read_cache.py [CACHE]            prints a line for each entry
    read_cache.py --vectors FILE     checks this reader against the test vectors in FORMAT.md

The status is 1 if anything is wrong in the cache, and 2 if there is no cache or file to check.

It uses nothing but Python's standard library and none of the program's code, to show that the description is enough.
"""

import hashlib
import json
import os
import pathlib
import re
import stat
import struct
import sys


class Fault(Exception):
    """What is wrong with a file, in words."""


class Refusal(Exception):
    """Why there is nothing to check, in words."""


# The identity


def identity(backend, record, build, features):
    """The SHA-256 of an identity, from a name, two byte strings and a word."""
    digest = hashlib.sha256()
    parts = (("backend", backend.encode()), ("record", record), ("build", build), ("features", features.encode()))
    for tag, part in parts:
        digest.update(f"{tag} {len(part)}\n".encode() + part)
    return digest.hexdigest()


def directory_name(backend, version, digest):
    """The name of the directory that an identity's entries are in."""
    return f"{backend}-{re.sub('[^A-Za-z0-9._+]', '_', version)}-{digest[:16]}"


def parse_directory_name(name):
    """(backend, version, 16 digits) of a directory's name, read from its end; None for any other name."""
    match = re.fullmatch(r"(.+)-([A-Za-z0-9._+]+)-([0-9a-f]{16})", name, re.S)
    return match.groups() if match else None


# Records, and what may be filed under which


class Record:
    """A record, taken apart; a ValueError or IndexError if it is not laid out as it should be."""

    def __init__(self, record):
        self.rest = record[1:]
        if not record:
            raise ValueError("the record is empty")
        self.version, self.target = self.text(), self.text()
        self.flags, self.processor = self.read_flags(), self.read_flags()
        numbers = []
        while self.rest:
            numbers.append(self.number())
        self.release = int("0" + re.match("[0-9]*", self.version).group()) or None
        # Before release 28, each feature has a number of its own.
        count = min(len(numbers), 1 if self.release is None or self.release >= 28 else 20)
        tunables, self.features = numbers[:len(numbers) - count], numbers[len(numbers) - count:]
        size = 0
        if tunables and (self.release or 0) >= 27:
            size = 1 if tunables[0] == 0 else 2
        self.collector, self.tunables = tunables[:size], tunables[size:]

    def byte(self):
        byte, self.rest = self.rest[0], self.rest[1:]
        return byte

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if value >> 64 or shift > 70:
                raise ValueError("a number has more than 64 bits")
            if byte < 0x80:
                return value

    def text(self):
        length = self.number()
        if length > 1000 or length > len(self.rest):
            raise ValueError("a text is too long")
        text, self.rest = self.rest[:length], self.rest[length:]
        if not re.fullmatch(b"[ -~]*", text):
            raise ValueError("a text has other characters than printable ones")
        return text.decode()

    def value(self):
        kind = self.byte()
        if kind == 0:
            return self.text()
        if kind == 1:
            return str(self.byte())
        if kind == 2:
            return "true" if self.byte() else "false"
        raise ValueError("a flag has a value of another kind")

    def read_flags(self):
        count = self.number()
        if count > 1000:
            raise ValueError("there are too many flags")
        return [(self.text(), self.value()) for _ in range(count)]


def fits(host, artifact):
    """Whether an artifact with one record may be filed under another."""
    if host == artifact:
        return True
    try:
        host, artifact = Record(host), Record(artifact)
    except (ValueError, IndexError):
        return False
    has = {name for name, value in host.processor if value == "true"}
    pairs = list(zip(host.features, artifact.features))
    return (
        host.version == artifact.version and host.target == artifact.target and host.flags == artifact.flags
        and all(value != "true" or name in has for name, value in artifact.processor)
        and artifact.collector in ([], [0], host.collector) and host.tunables == artifact.tunables
        and len(host.features) == len(artifact.features)
        and all(one & other == other if (host.release or 0) >= 37 else one == other for one, other in pairs))


# engine.json


TEXTS = ("format", "suffix", "backend", "version", "target", "build", "record", "features", "identity")


def read_engine(directory):
    """The description of a directory's artifacts, checked against itself and against the directory's name."""
    try:
        engine = json.loads((directory / "engine.json").read_bytes())
    except (OSError, ValueError) as error:
        raise Fault(f"engine.json cannot be read: {error}")
    if not isinstance(engine, dict):
        raise Fault("engine.json is no object")
    for key in TEXTS:
        if not isinstance(engine.get(key), str):
            raise Fault(f"engine.json has no text {key!r}")
    options = engine.get("options")
    if not isinstance(options, list) or not all(is_option(option) for option in options):
        raise Fault("engine.json has no list of 'options', each with a name and a value")
    for key in ("record", "build"):
        if not re.fullmatch("(?:[0-9a-f]{2})*", engine[key]):
            raise Fault(f"the {key} in engine.json is not hexadecimal")
    actual = identity(
        engine["backend"], bytes.fromhex(engine["record"]), bytes.fromhex(engine["build"]), engine["features"])
    if engine["identity"] != actual:
        raise Fault(f"the identity in engine.json is {engine['identity']}, its parts give {actual}")
    expected = directory_name(engine["backend"], engine["version"], actual)
    if directory.name != expected:
        raise Fault(f"the directory's name should be {expected}")
    if parse_directory_name(expected) is None:
        raise Fault("the directory's name cannot be read")
    return engine


def is_option(option):
    return isinstance(option, dict) and all(isinstance(option.get(key), str) for key in ("name", "value"))


# Entries and objects


def check_entry(directory, name, engine):
    """The module's hash and the artifact's size."""
    match = re.fullmatch(r"([0-9a-f]{64})(\..*)", name, re.S)
    if not match or match.group(2) != engine["suffix"]:
        raise Fault(f"its suffix is not {engine['suffix']}")
    try:
        target = os.readlink(directory / name)
    except OSError:
        raise Fault("it is not a symbolic link")
    link = re.fullmatch(r"\.\./\.\./objects/([0-9a-f]{2})/([0-9a-f]{62})", target)
    if not link:
        raise Fault(f"its link does not lead to an object: {target}")
    # From the cache's root and without following links, so that nothing on the way can lead elsewhere.
    artifact = read_object(directory.parent.parent / "objects" / link.group(1), link.group(2))
    digest = hashlib.sha256(artifact).hexdigest()
    if digest != "".join(link.groups()):
        raise Fault(f"its artifact's bytes hash to {digest}")
    if engine["format"] == "wasmtime":
        record = elf_section(artifact, b".wasmtime.engine")
        if record is None or not fits(bytes.fromhex(engine["record"]), record):
            raise Fault("its artifact's record does not fit the one in engine.json")
    return match.group(1), len(artifact)


def read_object(directory, name):
    try:
        parent = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
        finally:
            os.close(parent)
        with open(file, "rb") as artifact:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise Fault("its artifact is not a file")
            return artifact.read()
    except OSError as error:
        raise Fault(f"its artifact cannot be opened: {error.strerror}")


def elf_section(file, wanted):
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
            name = file[start + section[0]:file.index(b"\0", start + section[0])]
            if name == wanted:
                return file[section[4]:section[4] + section[5]]
    except (struct.error, ValueError, IndexError):
        pass
    return None


# The whole


def entries(directory):
    # Other names are none of the format's: engine.json, the lock, and what later versions may add.
    return sorted(name for name in os.listdir(directory) if re.match(r"[0-9a-f]{64}\.", name))


def check_cache(cache):
    """Prints a line for each entry, and a line for each fault; returns how many faults there are."""
    faults = 0

    def complain(path, fault):
        nonlocal faults
        faults += 1
        print(f"{path}: {fault}")

    engines = directories(cache / "v1" / "engines")
    count = 0
    for directory in engines:
        names = entries(directory)
        count += len(names)
        # A directory that was made and not filled has no description yet.
        if not names:
            continue
        try:
            engine = read_engine(directory)
        except Fault as fault:
            complain(directory, fault)
            continue
        for name in names:
            try:
                module, size = check_entry(directory, name, engine)
                print(f"{engine['backend']} {engine['version']} {engine['identity'][:16]} {module} {size}")
            except Fault as fault:
                complain(directory / name, fault)
    # Whoever removes takes entries before their objects.
    if count == 0 and any(os.listdir(directory) for directory in directories(cache / "v1" / "objects")):
        complain(cache, "has artifacts, but no entry: a copy must keep symbolic links")
    return faults


def directories(parent):
    """The directories in a directory of the cache, sorted; links do not count."""
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError as error:
        raise Refusal(f"{parent}: is not there or cannot be read, so this is no cache of format 1: {error.strerror}")


def check_vectors(paper):
    """Computes what the vectors of FORMAT.md give; returns how many are not as they should be."""
    try:
        text = pathlib.Path(paper).read_text()
    except (OSError, ValueError) as error:
        raise Refusal(f"{paper}: cannot be read: {error}")
    faults = 0

    def tell(name, is_right):
        nonlocal faults
        print(f"{name}: {'right' if is_right else 'wrong'}")
        faults += not is_right

    for vector in block(paper, text, "vectors"):
        digest = identity(
            vector["backend"], bytes.fromhex(vector["record"]), bytes.fromhex(vector["build"]), vector["features"])
        name = directory_name(vector["backend"], vector["version"], digest)
        parts = parse_directory_name(name)
        tell(name, digest == vector["identity"] and name == vector["directory"]
             and parts is not None and parts[0] == vector["backend"] and parts[2] == digest[:16])
    for one in block(paper, text, "rule"):
        tell(one["case"], fits(bytes.fromhex(one["host"]), bytes.fromhex(one["artifact"])) == one["fits"])
    return faults


def block(paper, text, name):
    """The contents of one of the paper's blocks of JSON."""
    found = re.search(rf"^```json {name}\n(.*?)^```$", text, re.S | re.M)
    if not found:
        raise Refusal(f"{paper}: has no test vectors")
    return json.loads(found.group(1))


def main(arguments):
    if arguments in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    if arguments[:1] == ["--vectors"] and len(arguments) == 2:
        return check_vectors(arguments[1])
    if len(arguments) > 1 or arguments and arguments[0].startswith("-"):
        raise Refusal("usage: read_cache.py [CACHE] or read_cache.py --vectors FILE")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return check_cache(pathlib.Path(arguments[0] if arguments else f"{home}/wasmprecompile"))


if __name__ == "__main__":
    try:
        sys.exit(1 if main(sys.argv[1:]) else 0)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)
