"""A small host program: loads each module named on the command line from the cache, calls it and compares the result.

Needs the package wasmtime, of the same release as the engine that wasmprecompile used.
"""

import array
import os
import subprocess
import sys
from pathlib import Path

import wasmtime

tool = os.environ.get("WASMPRECOMPILE", "wasmprecompile")
engine = wasmtime.Engine()


def load(module):
    found = subprocess.run([tool, "path", module], stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:  # the tool has said why
        sys.exit(found.returncode)
    artifact = found.stdout.rstrip("\n")
    store = wasmtime.Store(engine)
    exports = wasmtime.Instance(store, wasmtime.Module.deserialize_file(engine, artifact), []).exports(store)
    return store, exports


def dot(store, exports):
    a, b = array.array("h", range(16)), array.array("h", range(-8, 8))
    exports["memory"].write(store, a.tobytes(), 0)
    exports["memory"].write(store, b.tobytes(), 32)
    return exports["dot"](store, 0, 32, 16)


def sha256(store, exports):
    exports["memory"].write(store, b"abc", exports["message"](store))
    digest = exports["sha256"](store, 3)
    return exports["memory"].read(store, digest, digest + 32).hex()


def slug(store, exports):
    title, text = b"  Hello, World! (2 of 3)", exports["text"](store)
    exports["memory"].write(store, title, text)
    return exports["memory"].read(store, text, text + exports["slug"](store, len(title))).decode()


checks = {
    "dot": (dot, 280),
    "gcd": (lambda store, exports: exports["gcd"](store, 1071, 462), 21),
    "mandelbrot": (lambda store, exports: exports["points_inside"](store, 200, 1000), 3795),
    "primes": (lambda store, exports: exports["primes_below"](store, 1000000), 78498),
    "sha256": (sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    "slug": (slug, "hello-world-2-of-3"),
}

wrong = 0
for module in sys.argv[1:]:
    call, expected = checks[Path(module).stem]
    result = call(*load(module))
    print(f"{module}: {result}" + ("" if result == expected else f", expected {expected}"))
    wrong += result != expected
sys.exit(wrong > 0)
