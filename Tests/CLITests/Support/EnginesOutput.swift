extension String {
  /// What `engines` prints of libwasmtime, without the compilers that are programs: which of them a machine has is not known.
  var ofLibwasmtime: String {
    let programs = [
      "wasm2c", "wasmtime-cli", "wasmer-cranelift", "wasmer-singlepass", "wasmer-llvm", "wasmedge", "wamrc",
    ]
    return lines.filter { line in !programs.contains { line.hasPrefix("\($0) ") } }.map { "\($0)\n" }.joined()
  }
}
