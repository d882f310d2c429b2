import Foundation
import TestSupport
import Testing

/// Whether exports share their bytes with the cache: as reflinks, as hard links where that is asked for, or not at all.
@Suite struct ExportMethodTests {
  /// Root may write to any file, and in containers everybody is root.
  @Test func theCacheCannotBeChangedThroughAnExport() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("--output", "out", "m")
      #expect(try box.status(of: "out/2.cwasm").st_nlink == 1)
      chmod(box.work + "/out/2.cwasm", 0o644)
      let overwritten = try box.command("cp", ["out/1.cwasm", "out/2.cwasm"]).run()
      #expect(overwritten.ending == .exited(0))
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
      #expect(try box.succeed("run", "--invoke", "value", "m/2.wasm").output == "2\n")
      #expect(try box.succeed("--output", "out", "m").errorLines.first == "exported 1 artifact")
    }
  }

  @Test func filesAreSharedOnlyWhereThatIsAskedFor() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let linked = try box.succeed("-v", "--output", "out", "--hard-links", "a.wasm")
      if linked.errors.contains("\nexported out/a.cwasm (hard link)\n") {
        #expect(try box.status(of: "out/a.cwasm").st_nlink == 2)
        #expect(try !box.succeed("--output", "out", "--hard-links", "a.wasm").errors.contains("exported"))
        // Nothing else has changed, and still it is not the cache's file any more.
        #expect(try box.succeed("-v", "--output", "out", "a.wasm").errors.contains("\nexported out/a.cwasm (copy)\n"))
      } else {
        #expect(linked.errors.contains("\nexported out/a.cwasm (reflink)\n"))
      }
      #expect(try box.status(of: "out/a.cwasm").st_nlink == 1)
      #expect(try !box.succeed("--output", "out", "a.wasm").errors.contains("exported"))
    }
  }

  /// Runs a shell script with the tool as `$0`, in a name space in which it may mount and where mounts end with it.
  private func mounting(_ script: String, in box: Sandbox) -> Command {
    // Loop devices are only for the real root.
    let names: [Argument] = geteuid() == 0 ? ["--mount"] : ["--map-root-user", "--mount"]
    return box.command("unshare", names + ["sh", "-euc", Argument(script), Argument(box.executable)])
  }

  private static let makeShared =
    "truncate -s 128M image; mkfs.btrfs -q image > log 2>&1; mkdir shared; mount -o loop image shared"

  /// Whether a file system that shares blocks can be made and mounted.
  private static let canShare = {
    guard let directory = try? TemporaryDirectory() else { return false }
    let command = Command(
      program: "unshare", arguments: ["--mount", "sh", "-euc", Argument(makeShared)],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "\(directory.path)")
    return (try? command.run().ending) == .exited(0)
  }()

  @Test(.needs(canShare, "root, loop devices and mkfs.btrfs"))
  func fileSystemsThatShareBlocksDo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let export = #""$0" -v --cache-dir shared/cache --output shared/out a.wasm"#
      // Those that the cache had are shared, too.
      let script = """
        \(Self.makeShared); \(export); rm -r shared/out; \(export)
        cmp "$("$0" path --cache-dir shared/cache a.wasm)" shared/out/a.cwasm
        """
      var command = mounting(script, in: box)
      command.environment["PATH"] = "/usr/sbin:" + (command.environment["PATH"] ?? "/usr/bin:/bin")
      let run = try command.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errorLines.count { $0 == "exported shared/out/a.cwasm (reflink)" } == 2, "\(run.errors)")
    }
  }

  @Test(.needs(CacheTroubleTests.canMount, CacheTroubleTests.mountNeed))
  func otherFileSystemsGetCopies() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let mounted = "mkdir out; mount -t tmpfs none out"
      let script = "\(mounted); \"$0\" -v --output out a.wasm; cmp \"$(\"$0\" path a.wasm)\" out/a.cwasm"
      let run = try mounting(script, in: box).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errors.contains("\nexported out/a.cwasm (copy)\n"))
    }
  }

}
