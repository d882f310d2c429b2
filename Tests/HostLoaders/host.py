"""A host for tests: Python's wasmtime with an engine of any settings, that loads through one of the two loaders.

    host.py LOADER CACHE [--set NAME=VALUE]... [--lower DIR]... [--trust KEY]... [--write] [--only-read] [--in-memory] [--threads N] COMMAND...

LOADER is `python`, or the path of wasmprecompile.c built as a shared library. It then gets the engine of this process. COMMAND
is `directories`, `vectors PAPER`, `lengths`, `find MODULE...`, `load MODULE...` or `load-component FILE...`.
"""

import argparse
import concurrent.futures
import ctypes
import hashlib
import json
import os
import re
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../Sources/Integrations/python"))

import wasmtime
import wasmtime._ffi as ffi
import wasmprecompile


def engine(settings):
    """An engine with settings as wasmtime names them; what the package has no name for is set by its C function."""
    config = wasmtime.Config()

    def set(functions, kind, value):
        # The oldest releases have others.
        for function in functions.split():
            if hasattr(ffi.dll, function):
                found = getattr(ffi.dll, function)
                found.argtypes, found.restype = [ctypes.c_void_p, kind], None
                found(ctypes.cast(config.ptr(), ctypes.c_void_p), value)

    for setting in settings:
        name, _, value = setting.partition("=")
        if name == "compiler" and value == "winch":
            set("wasmtime_config_strategy_set", ctypes.c_uint8, 2)
        elif name == "compiler" and value == "pulley":
            config.target = "pulley64"
        elif name == "fuel":
            config.consume_fuel = True
        elif name == "memory-reservation":
            set("wasmtime_config_memory_reservation_set wasmtime_config_static_memory_maximum_size_set",
                ctypes.c_uint64, int(value))
        elif name == "memory-guard-size":
            set("wasmtime_config_memory_guard_size_set wasmtime_config_dynamic_memory_guard_size_set "
                "wasmtime_config_static_memory_guard_size_set", ctypes.c_uint64, int(value))
        else:
            setattr(config, name.replace("-", "_"), value in ("", "y", "true"))
    return wasmtime.Engine(config)


class PythonLoader:
    def __init__(self, engine, options):
        self.engine = engine
        self.local = threading.local()
        self.cache = wasmprecompile.Cache(
            engine, options.cache, lower_caches=options.lower, write=options.write, trusted_keys=options.trust,
            report=self.note)

    def note(self, outcome):
        self.local.outcome = outcome

    def directories(self):
        return [one.directory for one in self.cache.identities]

    def identity(self, *parts):
        return wasmprecompile.identity(*parts)

    def directory_name(self, *parts):
        return wasmprecompile.directory_name(*parts)

    def find(self, wasm):
        found = self.cache.find(wasm)
        return found.path if found else None

    def load(self, wasm):
        """The module, whether it is from the cache, whether it was published, and what was said."""
        module = self.cache.load_bytes(wasm)
        return module, self.local.outcome.from_cache, self.local.outcome.published, "; ".join(self.local.outcome.reasons)

    def load_component(self, wasm):
        component = self.cache.load_component_bytes(wasm)
        return component, self.local.outcome.from_cache, self.local.outcome.published, "; ".join(self.local.outcome.reasons)


class Message(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char * 1024)]


class Options(ctypes.Structure):
    _fields_ = [("directory", ctypes.c_char_p), ("lower_caches", ctypes.POINTER(ctypes.c_char_p)),
                ("library", ctypes.c_void_p), ("backend", ctypes.c_char_p), ("write", ctypes.c_int),
                ("trust_cache", ctypes.c_bool), ("in_memory", ctypes.c_bool),
                ("trusted_keys", ctypes.POINTER(ctypes.c_char_p))]


class CacheOutcome(ctypes.Structure):
    _fields_ = [("module", ctypes.c_char * 65), ("from_cache", ctypes.c_bool), ("published", ctypes.c_bool),
                ("reason", Message)]


class FoundArtifact(ctypes.Structure):
    _fields_ = [("descriptor", ctypes.c_int), ("size", ctypes.c_size_t), ("path", ctypes.c_char * 4096)]


class CLoader:
    def __init__(self, engine, options):
        self.engine = engine
        self.api = api = ctypes.CDLL(options.loader)
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        api.wasmprecompile_open.restype = api.wasmprecompile_load.restype = ctypes.c_bool
        api.wasmprecompile_load_component.restype = api.wasmprecompile_find.restype = ctypes.c_bool
        api.wasmprecompile_directory.restype = ctypes.c_char_p
        api.wasmprecompile_open.argtypes = [pointer, pointer, pointer, pointer]
        api.wasmprecompile_load.argtypes = [pointer, ctypes.c_char_p, size, pointer, pointer, pointer]
        api.wasmprecompile_load_component.argtypes = api.wasmprecompile_load.argtypes
        api.wasmprecompile_find.argtypes = [pointer, ctypes.c_char_p, size, pointer, pointer]
        api.wasmprecompile_directory.argtypes = [pointer, size]
        api.wasmprecompile_close.argtypes = [pointer]
        lower = (ctypes.c_char_p * (len(options.lower) + 1))(*[one.encode() for one in options.lower], None)
        write = {None: 0, False: 1, True: 2}[options.write]
        trusted = (ctypes.c_char_p * (len(options.trust) + 1))(*[one.encode() for one in options.trust], None)
        chosen = Options(
            options.cache.encode(), lower, ffi.dll._handle, None, write, False, options.in_memory, trusted)
        self.cache, error = pointer(), Message()
        if not api.wasmprecompile_open(engine.ptr(), ctypes.byref(chosen), ctypes.byref(self.cache), ctypes.byref(error)):
            raise SystemExit(error.text.decode())

    def __del__(self):
        if hasattr(self, "cache"):
            self.api.wasmprecompile_close(self.cache)

    def directories(self):
        found = []
        while self.api.wasmprecompile_directory(self.cache, len(found)):
            found.append(self.api.wasmprecompile_directory(self.cache, len(found)).decode())
        return found

    def identity(self, backend, record, build, features):
        text = ctypes.create_string_buffer(65)
        self.api.wasmprecompile_identity(
            backend.encode(), record, ctypes.c_size_t(len(record)), build, ctypes.c_size_t(len(build)), features.encode(), text)
        return text.value.decode()

    def directory_name(self, backend, version, identity):
        text = ctypes.create_string_buffer(320)
        self.api.wasmprecompile_directory_name(
            backend.encode(), version.encode(), identity.encode(), text, ctypes.c_size_t(320))
        return text.value.decode()

    def find(self, wasm):
        found, reason = FoundArtifact(), Message()
        if not self.api.wasmprecompile_find(self.cache, wasm, len(wasm), ctypes.byref(found), ctypes.byref(reason)):
            return None
        assert os.fstat(found.descriptor).st_size == found.size
        os.close(found.descriptor)
        return found.path.decode()

    def _load(self, function, kind, wasm):
        loaded, outcome, error = ctypes.c_void_p(), CacheOutcome(), Message()
        if not function(self.cache, wasm, len(wasm), ctypes.byref(loaded), ctypes.byref(outcome), ctypes.byref(error)):
            raise wasmtime.WasmtimeError(error.text.decode())
        kind, pointer = kind()
        made = kind.__new__(kind)
        made._set_ptr(ctypes.cast(loaded, ctypes.POINTER(pointer)))
        return made, outcome.from_cache, outcome.published, outcome.reason.text.decode()

    def load(self, wasm):
        return self._load(self.api.wasmprecompile_load, lambda: (wasmtime.Module, ffi.wasmtime_module_t), wasm)

    def load_component(self, wasm):
        def kind():
            from wasmtime.component import Component
            return Component, ffi.wasmtime_component_t

        return self._load(self.api.wasmprecompile_load_component, kind, wasm)


def check_vectors(loader, paper):
    """Computes the identities that FORMAT.md has; prints a line for each."""
    with open(paper) as file:
        vectors = json.loads(re.search(r"^```json vectors\n(.*?)^```$", file.read(), re.S | re.M).group(1))
    for one in vectors:
        digest = loader.identity(one["backend"], bytes.fromhex(one["record"]), bytes.fromhex(one["build"]), one["features"])
        name = loader.directory_name(one["backend"], one["version"], digest)
        print(f"{name}: {'right' if digest == one['identity'] and name == one['directory'] else 'wrong'}")


def check_lengths(loader):
    """Computes identities of parts of many lengths, and says how many are as hashlib has them."""
    right = 0
    for length in range(300):
        build = bytes(range(256))[:length % 40]
        record = bytes(number % 251 for number in range(length))
        whole = b"backend 1\nxrecord %d\n%sbuild %d\n%sfeatures 3\nall" % (length, record, len(build), build)
        right += loader.identity("x", record, build, "all") == hashlib.sha256(whole).hexdigest()
    print(right, "right")


def call(engine, module):
    """What the module's function `value` gives; nothing if it has none."""
    if [one.name for one in module.exports] != ["value"]:
        return ""
    store = wasmtime.Store(engine)
    for fill in ("set_fuel", "add_fuel"):
        try:
            getattr(store, fill)(1_000_000)
            break
        except (AttributeError, wasmtime.WasmtimeError):
            pass
    try:
        store.set_epoch_deadline(1)
    except wasmtime.WasmtimeError:
        pass
    return wasmtime.Instance(store, module, []).exports(store)["value"](store)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loader")
    parser.add_argument("cache")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--lower", action="append", default=[])
    parser.add_argument("--trust", action="append", default=[])
    parser.add_argument("--write", action="store_const", const=True)
    parser.add_argument("--only-read", dest="write", action="store_const", const=False)
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--compiles-nothing", action="store_true")
    parser.add_argument("--threads", type=int)
    parser.add_argument("command")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    own = engine(options.set)
    loader = (PythonLoader if options.loader == "python" else CLoader)(own, options)
    if options.compiles_nothing:
        # A host without a compiler: whatever it loads was there.
        def refuse(*_):
            raise SystemExit("something is compiled")

        wasmtime.Module.__init__ = refuse
    if options.command == "directories":
        print(*loader.directories(), sep="\n")
    elif options.command == "vectors":
        check_vectors(loader, options.files[0])
    elif options.command == "lengths":
        check_lengths(loader)
    for path in options.files if options.command in ("find", "load", "load-component") else []:
        with open(path, "rb") as file:
            wasm = file.read()
        if options.command == "find":
            print(loader.find(wasm))
            continue
        print(*load(loader, wasm, options), sep="\n")


def load(loader, wasm, options):
    """Loads a module on each thread at once; a line for each, sorted."""

    def once(_):
        try:
            if options.command == "load":
                loaded, from_cache, published, reason = loader.load(wasm)
                value = call(loader.engine, loaded)
            else:
                _, from_cache, published, reason = loader.load_component(wasm)
                value = ""
        except wasmtime.WasmtimeError as error:
            return f"refused: {str(error).splitlines()[0]}"
        words = ["cached" if from_cache else "compiled"] + ["published"] * published + [str(value)] * (value != "")
        return " ".join(words) + (f": {reason}" if reason else "")

    with concurrent.futures.ThreadPoolExecutor(options.threads or 1) as threads:
        return sorted(threads.map(once, range(options.threads or 1)))


if __name__ == "__main__":
    main()
