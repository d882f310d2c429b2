import Foundation
import Glibc
import TestSupport
import Testing

/// Where compile children take their memory from.
@Suite(.unsanitized("memory")) struct AllocatorTests {
  /// Files of which a process has parts in memory.
  private func mapped(by process: pid_t, in box: Sandbox) throws -> String {
    // Foundation reads only the beginning of a file whose size the kernel does not know.
    try box.command("cat", ["/proc/\(process)/maps"]).run().output
  }

  /// From its open file, so that it may lie anywhere; the installation for the tests has a space in its path.
  @Test func onlyChildrenTakeItFromTheInstalledAllocator() throws {
    let installation = try Installation.shared.get()
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 400), to: "slow.wasm")
      let run = try box.command(installation.executable, ["slow.wasm"]).start()
      let child = try box.busyChild(of: run)
      #expect(try mapped(by: child, in: box).contains("\(installation.path)/lib/wasmprecompile/libmimalloc.so\n"))
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd").map {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child)/fd/\($0)")) ?? ""
      }
      #expect(!open.isEmpty && open.allSatisfy { !$0.contains("libmimalloc") })
      let own = try mapped(by: run.id, in: box)
      #expect(own.contains(installation.executable) && !own.contains("libmimalloc"))
      run.send(SIGTERM)
      #expect(run.wait().ending == .signalled(SIGTERM))
    }
  }

  /// What the engine then does is the C library's business.
  @Test func withoutItTheCLibraryServes() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try FileManager.default.createDirectory(atPath: box.path + "/alone/bin", withIntermediateDirectories: true)
      let copy = box.path + "/alone/bin/wasmprecompile"
      // By another process: a child of another test would inherit our open file, and the copy would be busy.
      _ = try Tool.shell("cp \"$1\" \"$2\"", [box.executable, copy])
      let run = try box.command(copy, ["--engine", Argument(box.installedEngine), "one.wasm"]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errors.hasPrefix("compiled one.wasm with cranelift"))
    }
  }

  /// Where a machine has several, mimalloc asks on which one it runs, which the sandbox must not take for an attack.
  @Test(.needs(CacheTroubleTests.canMount, CacheTroubleTests.mountNeed))
  func severalNodesOfMemoryAreNoTrouble() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let nodes = "/sys/devices/system/node"
      let run = try box.tool("-j", "2", ".").wrapped(in: [
        "unshare", "--map-root-user", "--mount", "sh", "-euc",
        "mount -t tmpfs none \(nodes); mkdir \(nodes)/node0 \(nodes)/node1; exec \"$0\" \"$@\"",
      ]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errorLines.last?.masked == "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }

  /// Batch systems limit it.
  @Test(arguments: [500_000, 700_000, 1_000_000]) func littleAddressSpaceIsEnough(_ kilobytes: Int) throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      for number in 1...20 { try box.write(WasmBinary.returning(number), to: "build/\(number).wasm") }
      for arguments in [[], ["--backend", "winch"]] as [[Argument]] {
        let limited = box.tool(["-j", "8"] + arguments + ["build"]).wrapped(in: ["prlimit", "--as=\(kilobytes)000"])
        let run = try limited.run()
        #expect(run.ending == .exited(0), "\(run.errors)")
        #expect(try limited.run().errors.masked.hasSuffix("nothing to compile, all up to date (TIME)\n"))
      }
    }
  }
}
