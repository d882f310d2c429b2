"""Wasmer 1.1 as a compiler that is a program, and as the host of what it made.

    wasmer.py TOOLS COMPILER --version
    wasmer.py TOOLS COMPILER INPUT OUTPUT
    wasmer.py TOOLS --load ARTIFACT...
    wasmer.py TOOLS --call ARTIFACT FUNCTION [INTEGER...]

TOOLS has the packages of PyPI as `.ci/setup tools` unpacks them; COMPILER is `singlepass`, `cranelift` or `llvm`. They were built
for Python 3.10, which is in their names, and work in 3.11: so they are loaded by their paths.
"""

import glob
import importlib.machinery
import importlib.util
import sys


def load(name):
    (path,) = glob.glob(f"{sys.argv[1]}/{name}/{name}/*.so")
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, path, loader=loader))
    loader.exec_module(module)
    return module


wasmer = load("wasmer")
command = sys.argv[2]


def deserialized(path):
    with open(path, "rb") as file:
        return wasmer.Module.deserialize(wasmer.Store(wasmer.engine.Universal()), file.read())


if command == "--load":
    print(len([deserialized(path) for path in sys.argv[3:]]))
elif command == "--call":
    print(getattr(wasmer.Instance(deserialized(sys.argv[3])).exports, sys.argv[4])(*map(int, sys.argv[5:])))
elif sys.argv[3] == "--version":
    print(f"wasmer {wasmer.__core_version__} with {command}")
else:
    store = wasmer.Store(wasmer.engine.Universal(load("wasmer_compiler_" + command).Compiler))
    with open(sys.argv[3], "rb") as file:
        source = file.read()
    try:
        artifact = wasmer.Module(store, source).serialize()
    except RuntimeError as error:
        sys.exit(f"error: {error}")
    with open(sys.argv[4], "wb") as file:
        file.write(artifact)
