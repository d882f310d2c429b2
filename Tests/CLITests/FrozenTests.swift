import Foundation
import TestSupport
import Testing

/// Runs that compile nothing: --check and --frozen.
@Suite struct FrozenTests {
  @Test func checkNamesWhatWouldBeCompiledAndFails() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let missing = try box.tool("--check", ".").run()
      #expect(missing.ending == .exited(1))
      #expect(missing.output == "would compile ./one.wasm with cranelift (new module)\n")
      #expect(missing.errors.masked == "1 module: 1 to compile, 0 up to date (TIME)\n")
      #expect(!FileManager.default.fileExists(atPath: box.cache))
      try box.succeed(".")
      let complete = try box.succeed("--check", ".")
      #expect(complete.output == "")
      #expect(complete.errors.masked == "1 module: 0 to compile, 1 up to date (TIME)\n")
      // The other backend's is another artifact.
      #expect(try box.tool("-q", "--check", "--backend", "winch", ".").run().ending == .exited(1))
    }
  }

  @Test func frozenNamesWhatIsMissing() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.write(WasmBinary.returning(1), to: "same.wasm")
      let nothing = try box.tool("--frozen", ".").run()
      #expect(nothing.ending == .exited(1))
      #expect(nothing.output == "")
      let reason = "error: the cache has no artifact for cranelift: new module; --frozen compiles nothing"
      #expect(
        nothing.errors.masked == """
          ./one.wasm: \(reason)
          ./same.wasm: \(reason)
          1 module: 1 missing, 0 up to date (TIME)

          """)
      #expect(!FileManager.default.fileExists(atPath: box.cache))

      try box.succeed(".")
      let complete = try box.succeed("--frozen", ".")
      #expect(complete.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let one = try box.tool("-q", "--frozen", ".").run()
      #expect(one.ending == .exited(1))
      #expect(one.errors == "./two.wasm: \(reason)\n")
      let json = try box.tool("--frozen", "--format", "json", ".").run()
      #expect(json.ending == .exited(1))
      #expect(
        json.outputLines.contains {
          $0.contains(#""status":"missing""#) && $0.contains(#""reason":"new_module""#) && $0.contains("two.wasm")
        })
    }
  }

  @Test(.needs(Injection.isPossible, Injection.need), .unsanitized("system calls"))
  func frozenWritesNothingAtAll() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let before = try states(of: box.cache)
      for arguments in [["--frozen", "."], ["--check", "."], ["-n", "--force", "."]] as [[Argument]] {
        let trace = box.path + "/trace"
        let run = try box.tool(arguments).wrapped(in: ["strace", "-f", "-o", Argument(trace)]).run()
        #expect(run.ending == .exited(0), "\(run.errors)")
        let calls = try String(contentsOfFile: trace, encoding: .utf8).lines
        #expect(calls.contains { $0.contains("catalog.sqlite") && $0.contains("O_RDONLY") })
        #expect(calls.filter(changesFiles) == [])
      }
      #expect(try states(of: box.cache) == before)

      // Without its catalog the engine has to be asked, which a child does, in memory.
      for name in ["", "-wal", "-shm"] {
        try FileManager.default.removeItem(atPath: box.cache + "/v1/catalog.sqlite" + name)
      }
      let rest = try states(of: box.cache)
      try box.succeed("--frozen", ".")
      #expect(try states(of: box.cache) == rest)
    }
  }

  /// Whether a line of strace tells of a call that could change a file, or make or remove a name, and did not fail.
  private func changesFiles(_ line: String) -> Bool {
    if line.contains(" = -1 ") { return false }
    let call = line.drop { $0.isNumber || $0 == " " }.prefix { $0 != "(" }
    switch call {
    case "open", "openat", "openat2":
      // What the tool opens for its own use is no file of anybody's.
      return line.contains(#/O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/#) && !line.contains("/dev/null")
    case "creat", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "link",
      "linkat",
      "symlink", "symlinkat", "mknod", "mknodat", "truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat",
      "chown", "fchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "fsetxattr", "pwrite64",
      "fdatasync", "fsync", "syncfs":
      return true
    default: return false
    }
  }

  /// Every file below a directory, with what would change if it were touched.
  private func states(of directory: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: directory).sorted().map { name in
      var status = stat()
      lstat(directory + "/" + name, &status)
      let modified = status.st_mtim
      let changed = status.st_ctim
      return "\(name) \(status.st_ino) \(status.st_size) \(modified.tv_sec).\(modified.tv_nsec) "
        + "\(changed.tv_sec).\(changed.tv_nsec)"
    }
  }

  @Test(.needs(CacheTroubleTests.canMount, CacheTroubleTests.mountNeed))
  func frozenUsesACacheOnAReadOnlyFileSystem() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let readOnly = "mount --bind '\(box.cache)' '\(box.cache)'; mount -o remount,bind,ro '\(box.cache)'"
      let frozen = box.tool("--frozen", ".").wrapped(in: [
        "unshare", "--map-root-user", "--mount", "sh", "-euc", "\(readOnly); exec \"$0\" \"$@\"",
      ])
      let run = try frozen.run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          ./two.wasm: error: the cache has no artifact for cranelift: new module; --frozen compiles nothing
          2 modules: 1 missing, 1 up to date (TIME)

          """)
      try box.remove("two.wasm")
      #expect(try frozen.run().ending == .exited(0))
    }
  }

  @Test(.needs(geteuid() == 0, "root, who alone can be root and somebody else"))
  func frozenUsesACacheOfRoots() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      // For everybody to read, as an administrator would install it.
      #expect(try box.command("chmod", ["-R", "a+rX", Argument(box.path + "/home")]).run().ending == .exited(0))
      let nobody: [Argument] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      let run = try box.tool("--frozen", "one.wasm").wrapped(in: nobody).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
    }
  }

  @Test(arguments: [
    (["-n", "--check"], "--dry-run, --check and --frozen exclude each other"),
    (["--check", "--frozen"], "--dry-run, --check and --frozen exclude each other"),
    (["--frozen", "--force"], "--force goes with neither --check nor --frozen"),
    (["--watch", "--frozen"], "--watch goes with none of --dry-run, --check, --frozen, --force and --fail-fast"),
  ]) func refusesWhatMakesNoSense(arguments: [String], message: String) throws {
    try Sandbox.use { box in
      let result = try box.tool(arguments.map { Argument($0) } + ["."]).run()
      #expect(result.ending == .exited(64))
      #expect(result.errorLines.first == "Error: \(message)")
    }
  }
}
