"""Turns a module in wasm text into a binary one: wat2wasm.py INPUT OUTPUT. Needs the package wasmtime."""

import sys
from pathlib import Path

import wasmtime

source, output = map(Path, sys.argv[1:])
try:
    binary = wasmtime.wat2wasm(source.read_text())
except wasmtime.WasmtimeError as error:
    sys.exit(f"{source}: error: {error}")
output.write_bytes(binary)
