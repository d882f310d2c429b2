import Foundation
import TestSupport
import Testing

/// A cache that cannot be used is refused with status 73 and the fix.
@Suite struct CacheTroubleTests {
  /// Whether a mount can be made in a name space of its own, where it ends with its process.
  static let canMount: Bool =
    (try? Command(
      program: "unshare", arguments: ["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/"
    ).run().ending) == .exited(0)
  static let mountNeed = "root or user name spaces (unshare --map-root-user --mount)"

  /// Has a shell make mounts that only it can see, and then run the command as `"$0" "$@"`.
  private func mounting(_ mounts: String, then script: String = "exec \"$0\" \"$@\"", _ command: Command) -> Command {
    command.wrapped(in: ["unshare", "--map-root-user", "--mount", "sh", "-euc", "\(mounts); \(script)"])
  }

  @Test func aFileInItsPlaceOrAboveIt() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      for directory in ["good.wasm", "good.wasm/cache", "good.wasm/deeper/cache"] {
        let run = try box.tool("--cache-dir", "\(directory)", "good.wasm").run()
        #expect(run.ending == .exited(73))
        #expect(
          run.errors == """
            wasmprecompile: error: \(box.work)/good.wasm: is not a directory: choose another place, or remove it (--cache-dir)

            """)
      }
      try box.write("", to: "cache/v1/objects")
      chmod(box.work + "/cache", 0o700)
      let run = try box.tool("--cache-dir", "cache", "good.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(
        run.errors == """
          wasmprecompile: error: \(box.work)/cache/v1/objects: is not a directory: choose another place, \
          or remove it (--cache-dir)

          """)
    }
  }

  @Test func aDirectoryThatMayNotBeWritten() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      chmod(box.path + "/home", 0o500)
      let run = try box.tool("good.wasm").withoutPrivileges.run()
      #expect(run.ending == .exited(73))
      #expect(
        run.errors
          == "wasmprecompile: error: \(box.path)/home/.cache: cannot make the cache directory: permission denied\n")
    }
  }

  @Test(.needs(canMount, mountNeed))
  func aReadOnlyFileSystemGivesWhatItHolds() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      let readOnly = "mount --bind '\(box.cache)' '\(box.cache)'; mount -o remount,bind,ro '\(box.cache)'"

      let again = try mounting(readOnly, box.tool("one.wasm")).run()
      #expect(again.ending == .exited(0))
      #expect(again.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
      let path = try mounting(readOnly, box.tool("path", "one.wasm")).run()
      #expect(path.ending == .exited(0))
      let writable = try box.succeed("path", "one.wasm")
      #expect(path.output == writable.output)
      #expect(try mounting(readOnly, box.tool("cache", "verify")).run().ending == .exited(0))

      for removal in [["gc", "--max-size", "1B"], ["clear"]] as [[Argument]] {
        let run = try mounting(readOnly, box.tool(["cache"] + removal)).run()
        #expect(run.ending == .exited(73))
        #expect(
          run.errors == "wasmprecompile: error: \(box.cache)/v1/engines: cannot be written to: read-only file system\n")
      }
      #expect(try box.succeed("path", "one.wasm").output == writable.output)

      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let more = try mounting(readOnly, box.tool(".")).run()
      #expect(more.ending == .exited(73))
      #expect(
        more.errors
          == "wasmprecompile: error: \(box.cache)/v1/tmp: cannot make a directory: read-only file system; a cache that is only "
          + "read can be used with --lower-cache\n")
    }
  }

  @Test(.needs(canMount, mountNeed), arguments: [628, 632, 636, 640, 644])
  func aFullDiskFailsWhatDoesNotFit(_ kilobytes: Int) throws {
    try Sandbox.use { box in
      // An artifact of a small module takes 16 kB: the first ones fit, but not all of them.
      for number in 11...60 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try FileManager.default.createDirectory(atPath: box.cache, withIntermediateDirectories: true)
      let full = "mount -t tmpfs -o size=\(kilobytes)k,mode=700 none '\(box.cache)'"
      let look = "find '\(box.cache)/v1/tmp' -mindepth 1; \"$0\" cache verify"
      let script = "status=0; \"$0\" \"$@\" || status=$?; \(look); exit $status"
      let run = try mounting(full, then: script, box.tool("-j", "1", ".")).run()
      #expect(run.ending == .exited(73))
      let lines = run.errorLines.map { $0.masked.replacing(#/\d+ bytes/#, with: "SIZE") }
      let failed =
        "could not be stored: \(box.cache)/v1/objects: cannot write an artifact of SIZE: no space left on device"
      #expect(lines.contains("compiled ./11.wasm with cranelift, SIZE → SIZE, TIME"))
      let compiled = lines.count { $0.hasPrefix("compiled ") }
      #expect(compiled > 20, "\(lines)")
      // It is told once, and the rest counted.
      #expect(lines.count { $0.hasSuffix(".wasm: error: \(failed)") } == 1)
      #expect(
        lines.contains(
          "wasmprecompile: error: \(49 - compiled) more artifacts could not be stored: no space left on device"),
        "\(lines)")
      #expect(
        lines.last == "50 modules: \(compiled) compiled, 0 up to date, \(50 - compiled) failed (SIZE → SIZE in TIME)")
      // No temporary file is left, and what was stored is whole.
      #expect(run.output.masked == "\(compiled) entries, SIZE: all good\n")
    }
  }

  @Test func directoriesThatOthersCanWrite() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      try box.succeed("good.wasm")
      let entry = try #require(try box.succeed("path", "good.wasm").outputLines.first)
      let engine = (entry as NSString).deletingLastPathComponent
      let objects = (URL(filePath: entry).resolvingSymlinksInPath().path as NSString).deletingLastPathComponent
      for (directory, mode) in [
        (box.cache, 0o777), (box.cache + "/v1/objects", 0o777), (engine, 0o770), (objects, 0o702),
      ] as [(String, mode_t)] {
        chmod(directory, mode)
        var commands = [box.tool("good.wasm"), box.tool("path", "good.wasm")]
        // What lies in the others, it looks at byte by byte.
        if ![engine, objects].contains(directory) { commands.append(box.tool("cache", "verify")) }
        for command in commands {
          let run = try command.run()
          #expect(run.ending == .exited(73))
          #expect(run.output == "")
          #expect(
            run.errors == """
              wasmprecompile: error: \(directory): can be written by other users: whoever writes there decides what code runs; \
              `chmod -R go-w \(box.cache)` if they did no harm, or trust them (--trust-cache or \
              WASMPRECOMPILE_TRUST_CACHE=true)

              """)
        }
        for command in [["good.wasm"], ["path", "good.wasm"], ["cache", "verify"]] as [[Argument]] {
          try box.succeed(command + ["--trust-cache"])
        }
        chmod(directory, 0o700)
      }
      try box.succeed("path", "good.wasm")

      chmod(box.path + "/home", 0o777)
      let run = try box.tool("good.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(
        run.errors == """
          wasmprecompile: error: \(box.path)/home: can be written by other users: whoever writes there decides what code runs; \
          `chmod go-w \(box.path)/home` if they did no harm, or trust them (--trust-cache or WASMPRECOMPILE_TRUST_CACHE=true)

          """)
      try box.succeed("--trust-cache", "good.wasm")
    }
  }

  @Test(.needs(geteuid() == 0, "root, who alone can give a directory to someone else"))
  func aDirectoryOfSomeoneElse() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      try FileManager.default.createDirectory(atPath: box.cache, withIntermediateDirectories: true)
      chmod(box.cache, 0o700)
      #expect(chown(box.cache, 65534, 65534) == 0)
      let run = try box.tool("good.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(
        run.errors == """
          wasmprecompile: error: \(box.cache): belongs to user 65534: whoever writes there decides what code runs; choose a \
          directory of your own, or trust them (--cache-dir or WASMPRECOMPILE_CACHE_DIR, --trust-cache or \
          WASMPRECOMPILE_TRUST_CACHE=true)

          """)
    }
  }

  /// As in a container of CI, where root has the home directory of another user.
  @Test(.needs(geteuid() == 0, "root, who alone can give a directory to someone else"))
  func theHomeOfSomeoneElse() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      #expect(chown(box.path + "/home", 65534, 65534) == 0)
      let run = try box.tool("good.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(
        run.errors == """
          wasmprecompile: error: \(box.path)/home: belongs to user 65534: whoever writes there decides what code runs; choose a \
          directory of your own, or trust them (HOME names it; --cache-dir or WASMPRECOMPILE_CACHE_DIR, --trust-cache or \
          WASMPRECOMPILE_TRUST_CACHE=true)

          """)
      for (name, value) in [("WASMPRECOMPILE_CACHE_DIR", box.path + "/own"), ("WASMPRECOMPILE_TRUST_CACHE", "true")] {
        var command = box.tool("good.wasm")
        command.environment[name] = value
        #expect(try command.run().ending == .exited(0), "\(name)")
      }
    }
  }

  /// With an access control list, the group's bits are what anybody on the list may do at most.
  @Test func anAccessControlListIsSomeoneElse() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      chmod(box.path + "/home", 0o775)
      // posix_acl_xattr.h: version 2; entries of tag, permissions, id: owner, user 1, group, mask, others.
      let script = """
        import os, struct, sys
        entries = [(1, 7, -1), (2, 7, 1), (4, 5, -1), (16, 7, -1), (32, 5, -1)]
        value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
        os.setxattr(sys.argv[1], "system.posix_acl_access", value)
        """
      let listed = try box.command("python3", ["-c", Argument(script), "\(box.path)/home"]).run()
      // Not every file system has them.
      if listed.ending != .exited(0) { return }
      let run = try box.tool("good.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(run.errors.hasPrefix("wasmprecompile: error: \(box.path)/home: can be written by other users: "))
    }
  }

  @Test(.needs(canMount, mountNeed))
  func aFileSystemThatForbidsExecutionIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let script = """
        "$0" one.wasm; "$0" -q one.wasm; "$0" path --verify one.wasm; "$0" run --cold --invoke value one.wasm
        "$0" inspect "$("$0" path one.wasm 2> null)" | grep -A 1 '^loads'; "$0" --output "$1/out" one.wasm
        "$0" --backend pulley one.wasm
        """
      try FileManager.default.createDirectory(atPath: box.cache, withIntermediateDirectories: true)
      let mount = "mount -t tmpfs -o noexec,mode=700 none '\(box.cache)'"
      let run = try mounting(mount, then: script, box.tool("\(box.cache)")).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      let path = try #require(run.outputLines.first)
      let noexec = "is on a file system that is mounted noexec, from which no runtime can map code"
      let warning = "wasmprecompile: warning: \(box.cache): \(noexec): choose another place with --cache-dir"
      let lines = run.errorLines.map(\.masked)
      // A run, a quiet run, `path`, and a run that exports.
      #expect(lines.count { $0 == warning } == 4, "\(run.errors)")
      #expect(lines.filter { $0.hasPrefix("wasmprecompile: warning: \(path): cannot be loaded: ") }.count == 1)
      #expect(lines.contains("nothing to compare: the cache cannot be used"))
      #expect(lines.contains("\(box.cache)/out: warning: \(noexec)"), "\(run.errors)")
      #expect(run.outputLines.dropFirst().first == "1")
      #expect(run.outputLines.last == "           from memory only, not by its path: its file system is mounted noexec")
      #expect(lines.last?.hasPrefix("1 module: 1 compiled") == true)
    }
  }

  @Test func noHomeAtAll() throws {
    try Sandbox.use { box in
      var command = box.tool("cache", "dir")
      command.environment["HOME"] = nil
      command.environment["XDG_CACHE_HOME"] = nil
      let run = try command.run()
      #expect(run.ending == .exited(73))
      #expect(
        run.errors
          == "wasmprecompile: error: no place for the cache: HOME is not set; name a directory with --cache-dir\n")
    }
  }
}
