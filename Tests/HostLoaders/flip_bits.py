"""Changes single bits of artifacts, and counts how many either loader takes from the cache: it should be none.

    flip_bits.py COUNT SEED LIBRARY

LIBRARY is wasmprecompile.c built as a shared library. The status is 1 if anything was loaded. Each flip is tried with the
Python loader, and with the C loader through the checked descriptor and from memory.
"""

import argparse
import logging
import os
import random
import sys
import tempfile

import host
import wasmtime


def modules():
    """Modules of several sizes, each with what its function `value` gives."""
    for value in range(4):
        filling = "".join(f"(func (param i32) (result i32) local.get 0 i32.const {n} i32.mul)" for n in range(20 * value))
        yield value, bytes(wasmtime.wat2wasm(f'(module {filling} (func (export "value") (result i32) i32.const {value}))'))


def main(count, seed, library):
    logging.disable(logging.WARNING)
    engine = wasmtime.Engine()
    with tempfile.TemporaryDirectory() as directory:
        def options(loader, write, in_memory=False):
            return argparse.Namespace(loader=loader, cache=directory + "/cache", lower=[], trust=[], write=write,
                                      in_memory=in_memory)

        filler = host.PythonLoader(engine, options("python", True))
        loaders = {
            "python": host.PythonLoader(engine, options("python", False)),
            "c": host.CLoader(engine, options(library, False)),
            "c, in memory": host.CLoader(engine, options(library, False, in_memory=True)),
        }
        artifacts = []
        for value, wasm in modules():
            filler.load(wasm)
            artifacts.append((value, wasm, os.path.realpath(filler.find(wasm))))
        loaded = dict.fromkeys(loaders, 0)
        chance = random.Random(seed)
        for flip in range(count):
            value, wasm, path = artifacts[flip % len(artifacts)]
            os.chmod(path, 0o600)
            with open(path, "r+b", buffering=0) as file:
                bit = chance.randrange(8 * os.path.getsize(path))
                # As it was, so that nothing but the bit is wrong with it.
                os.fchmod(file.fileno(), 0o444)
                byte = os.pread(file.fileno(), 1, bit // 8)
                os.pwrite(file.fileno(), bytes([byte[0] ^ 1 << bit % 8]), bit // 8)
                for name, loader in loaders.items():
                    module, from_cache, published, reason = loader.load(wasm)
                    loaded[name] += from_cache
                    if not from_cache and "its artifact's bytes hash to" not in reason or published:
                        raise SystemExit(f"{name}: bit {bit} of {path}: {reason}")
                os.pwrite(file.fileno(), byte, bit // 8)
            if flip % 100 < len(artifacts):
                for name, loader in loaders.items():
                    module, from_cache, _, reason = loader.load(wasm)
                    if not from_cache or host.call(engine, module) != value:
                        raise SystemExit(f"{name}: {path}: as it was, it is not loaded: {reason}")
        print(f"{count} bits of {len(artifacts)} artifacts: loaded {', '.join(f'{n} by {name}' for name, n in loaded.items())}")
        return 1 if any(loaded.values()) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
