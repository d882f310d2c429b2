import Foundation
import TestSupport
import Testing

/// Programs for `run`, assembled once for all tests from text.
enum Programs {
  /// Copies programs into the working directory of a sandbox, as `NAME.wasm`.
  static func copy(_ names: String..., to sandbox: Sandbox) throws {
    let built = try directory.get()
    for name in names {
      try FileManager.default.copyItem(atPath: "\(built)/\(name).wasm", toPath: "\(sandbox.work)/\(name).wasm")
    }
  }

  private static let directory = Result { try build() }

  private static func build() throws -> String {
    let directory = TemporaryRoot.path + "/programs"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    for (name, text) in texts {
      try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(name).wat"))
    }
    let script = """
      import pathlib, wasmtime
      for text in pathlib.Path(".").glob("*.wat"):
          text.with_suffix(".wasm").write_bytes(wasmtime.wat2wasm(text.read_text()))
      """
    _ = try EngineRelease.standard.library()
    let environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": directory,
      "PYTHONPATH": EngineRelease.standard.pythonPath, "PYTHONDONTWRITEBYTECODE": "1",
    ]
    let result = try Command(
      program: "python3", arguments: ["-c", Argument(script)], environment: environment, directory: directory
    ).run()
    try #require(result.ending == .exited(0), "the programs cannot be assembled:\n\(result.errors)")
    return directory
  }

  private static let preview1 = "\"wasi_snapshot_preview1\""
  private static let write = "(import \(preview1) \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))"

  private static let texts = [
    // Writes to both streams, without a line's end, and returns.
    "hello": """
    (module
      \(write)
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00" "\\18\\00\\00\\00\\07\\00\\00\\00" "hello" "\\00\\00\\00" "trouble")
      (func (export "_start")
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
        (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 100)))))
    """,
    // Writes its arguments and then its environment, each followed by a NUL, and exits with the number of arguments.
    "tell": """
    (module
      \(write)
      (import \(preview1) "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
      (import \(preview1) "args_get" (func $args_get (param i32 i32) (result i32)))
      (import \(preview1) "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
      (import \(preview1) "environ_get" (func $environ_get (param i32 i32) (result i32)))
      (import \(preview1) "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "\\00\\20\\00\\00")
      (func (export "_start")
        (drop (call $args_sizes_get (i32.const 8) (i32.const 20)))
        (drop (call $args_get (i32.const 4096) (i32.const 8192)))
        (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))
        (drop (call $environ_sizes_get (i32.const 12) (i32.const 20)))
        (drop (call $environ_get (i32.const 4096) (i32.const 8192)))
        (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))
        (call $proc_exit (i32.load (i32.const 8)))))
    """,
    // Copies its input to its output.
    "cat": """
    (module
      \(write)
      (import \(preview1) "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\00\\10\\00\\00\\00\\10\\00\\00" "\\00\\10\\00\\00")
      (func (export "_start")
        (loop $more
          (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 12)))
          (if (i32.load (i32.const 12)) (then
            (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
            (br $more))))))
    """,
    // Writes the name of the first directory that it was given, copies `in` there to `out`, and exits with the first
    // errno that it meets.
    "copy": """
    (module
      \(write)
      (import \(preview1) "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import \(preview1) "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
      (import \(preview1) "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
      (import \(preview1) "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import \(preview1) "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\00\\10\\00\\00\\00\\10\\00\\00" "\\00\\10\\00\\00" "\\00\\00\\00\\00" "in" "out")
      (func $must (param $errno i32)
        (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
      (func (export "_start")
        (call $must (call $fd_prestat_get (i32.const 3) (i32.const 32)))
        (i32.store (i32.const 12) (i32.load (i32.const 36)))
        (call $must (call $fd_prestat_dir_name (i32.const 3) (i32.const 4096) (i32.load (i32.const 12))))
        (call $must (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 40)))
        (call $must (call $path_open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 44)))
        (call $must (call $fd_read (i32.load (i32.const 44)) (i32.const 0) (i32.const 1) (i32.const 12)))
        (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 18) (i32.const 3) (i32.const 9)
          (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 44)))
        (call $must (call $fd_write (i32.load (i32.const 44)) (i32.const 8) (i32.const 1) (i32.const 40)))))
    """,
    // Says that it runs, and never ends.
    "forever": """
    (module
      \(write)
      (memory (export "memory") 1)
      (data (i32.const 0) "\\08\\00\\00\\00\\07\\00\\00\\00" "running")
      (func (export "_start")
        (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 100)))
        (loop $again (br $again))))
    """,
    // Traps two calls deep; and ways to trap by a number.
    "trap": """
    (module $program
      (memory 1)
      (func $inner unreachable)
      (func $outer (call $inner))
      (func $deeper (call $deeper))
      (func (export "_start") (call $outer))
      (func (export "overflow") (call $deeper))
      (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
    """,
    "exit": """
    (module
      (import \(preview1) "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (func (export "exit") (param i32) (call $proc_exit (local.get 0))))
    """,
    // Functions of every kind of number.
    "numbers": """
    (module
      (memory (export "memory") 1)
      (global $is_ready (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $is_ready (i32.const 1)))
      (func (export "is_ready") (result i32) (global.get $is_ready))
      (func (export "i32") (param i32) (result i32) (local.get 0))
      (func (export "i64") (param i64) (result i64) (local.get 0))
      (func (export "f32") (param f32) (result f32) (local.get 0))
      (func (export "f64") (param f64) (result f64) (local.get 0))
      (func (export "mix") (param i32 f64 i64 f32) (result f32 i64 f64 i32)
        (local.get 3) (local.get 2) (local.get 1) (local.get 0))
      (func (export "nothing"))
      (func (export "many") (result i32 i32 i32) (i32.const 1) (i32.const 2) (i32.const 3)))
    """,
    "reference": #"(module (func (export "reference") (param i32 externref)))"#,
    "vector": #"(module (func (export "vector") (param v128) (result i32) (i32.const 1)))"#,
    "needs": #"(module (import "env" "now" (func (result i64))) (func (export "_start")))"#,
    "mistaken": "(module (import \(preview1) \"fd_write\" (func)) (func (export \"_start\")))",
    "outside": #"(module (memory 1) (data (i32.const 65536) "x") (func (export "_start")))"#,
    "bare": "(module (memory (export \"memory\") 1))",
    "broken": "(module (func $f unreachable) (start $f) (func (export \"_start\")))",
  ]
}
