import Foundation
import TestSupport
import Testing

/// --output: artifacts under names of their own.
@Suite struct ExportTests {
  @Test func artifactsLieAsTheModulesDoAndCanBeLoaded() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "build/one.wasm")
      try box.write(WasmBinary.returning(2), to: "build/deep/er/t w o.wasm")
      try box.write(WasmBinary.returning(3), to: "plain.bin")
      let run = try box.succeed("--output", "out/x", "build", "plain.bin")
      #expect(
        run.errorLines.suffix(2).map(\.masked) == [
          "exported 3 artifacts", "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)",
        ])
      let names = ["deep/er/t w o.cwasm", "one.cwasm", "plain.bin.cwasm"]
      #expect(try box.exports("out/x") == names)
      let artifacts = names.map { PythonClient.Artifact(use: "value", path: "\(box.work)/out/x/\($0)") }
      #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["2", "1", "3"])
      // They are read-only, and none is taken for a module.
      #expect(try box.status(of: "out/x/one.cwasm").st_mode & 0o777 == 0o444)
      let again = try box.succeed("-n", "out", "build")
      #expect(again.errorLines.last?.masked == "2 modules: 0 to compile, 2 up to date (TIME)")
    }
  }

  @Test func severalBackendsHaveADirectoryEach() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "a.wasm")
      try box.succeed("--backend", "winch", "--backend", "cranelift", "--output", "out", "a.wasm")
      #expect(try box.exports("out") == ["cranelift/a.cwasm", "winch/a.cwasm"])
      let artifacts = ["cranelift", "winch"].map {
        PythonClient.Artifact(backend: $0, use: "value", path: "\(box.work)/out/\($0)/a.cwasm")
      }
      #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["7", "7"])
    }
  }

  @Test func whatHasTheRightBytesKeepsItsTimes() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("--output", "out", "m")
      let before = try (1...2).map { try box.status(of: "out/\($0).cwasm") }
      let again = try box.succeed("-v", "--output", "out", "m")
      #expect(!again.errors.contains("exported"))
      try box.write(WasmBinary.returning(3), to: "m/1.wasm")
      let changed = try box.succeed("-v", "--output", "out", "m")
      #expect(changed.errors.contains(#/\nexported out/1.cwasm \((copy|reflink)\)\nexported 1 artifact\n/#))
      #expect(try box.status(of: "out/1.cwasm").st_ino != before[0].st_ino)
      let other = try box.status(of: "out/2.cwasm")
      #expect(other.st_ino == before[1].st_ino && other.st_mtim.tv_nsec == before[1].st_mtim.tv_nsec)

      // Also without what it remembers of them; and what somebody has changed is put right.
      try FileManager.default.removeItem(atPath: box.work + "/out/.wasmprecompile")
      #expect(try !box.succeed("-v", "--output", "out", "m").errors.contains("exported"))
      try box.remove("out/2.cwasm")
      try box.write("something else", to: "out/2.cwasm")
      #expect(try box.succeed("-v", "--output", "out", "m").errors.contains("\nexported out/2.cwasm (copy)\n"))
    }
  }

  @Test func exportsGoWithTheNumberOfBackends() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.write(WasmBinary.returning(3), to: "other/3.wasm")
      let winch: [Argument] = ["--backend", "winch", "--output", "out"]
      try box.succeed(winch + ["m", "other"])
      let several = try box.succeed(winch + ["--backend", "cranelift", "m"])
      #expect(several.errors.contains("\nexported 4 artifacts, removed 2 from former places\n"), "\(several.errors)")
      let names = ["cranelift/1.cwasm", "cranelift/2.cwasm", "winch/1.cwasm", "winch/2.cwasm"]
      // What the run was not asked about stays.
      #expect(try box.exports("out") == ["3.cwasm"] + names)
      try box.write("mine", to: "out/winch/mine.cwasm")
      let one = try box.succeed(["-v"] + winch + ["m"])
      #expect(one.errors.contains("\nremoved out/winch/2.cwasm\nexported 2 artifacts, removed 4 from former places\n"))
      #expect(try box.exports("out") == ["1.cwasm", "2.cwasm", "3.cwasm", "winch/mine.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/out/cranelift"))
      // Another root gives another name, which is no other place of the same export.
      try box.succeed(winch + ["m", "other", "."])
      #expect(try box.exports("out").contains("1.cwasm"))
    }
  }

  @Test func whatTheCacheHadIsNewWhereItIsExported() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.succeed("--output", "out", "m")
      try box.write(WasmBinary.returning(2), to: "m/a.wasm")
      try box.succeed("--output", "out", "m")
      let second = try box.status(of: "out/a.cwasm").st_mtim
      // Back to what it was: the artifact is old, but whoever uses the export must see that it changed.
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      let run = try box.succeed("-v", "--output", "out", "m")
      #expect(run.errors.contains("\nexported out/a.cwasm (copy)\n"))
      let third = try box.status(of: "out/a.cwasm").st_mtim
      #expect((third.tv_sec, third.tv_nsec) > (second.tv_sec, second.tv_nsec))
    }
  }

  @Test func exportsOfModulesThatAreGoneAreRemovedButNothingElse() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/gone/a.wasm")
      try box.write(WasmBinary.returning(2), to: "m/stays.wasm")
      try box.write(WasmBinary.returning(3), to: "m/replaced.wasm")
      try box.write(WasmBinary.returning(4), to: "other/b.wasm")
      try box.succeed("--output", "out", "m", "other")
      try box.write("mine", to: "out/mine.cwasm")
      try box.remove("out/replaced.cwasm")
      try box.write("mine, too", to: "out/replaced.cwasm")
      for name in ["m/gone", "m/replaced.wasm"] { try box.remove(name) }
      // What it is not asked about stays as long as its module does.
      let run = try box.succeed("-v", "--output", "out", "m")
      #expect(
        run.errors.contains("\nremoved out/gone/a.cwasm\nremoved 1 export of modules that are gone\n"), "\(run.errors)")
      #expect(try box.exports("out") == ["b.cwasm", "mine.cwasm", "replaced.cwasm", "stays.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/out/gone"))
      try box.remove("other")
      try box.succeed("--output", "out", "m")
      #expect(try box.exports("out") == ["mine.cwasm", "replaced.cwasm", "stays.cwasm"])
    }
  }

  @Test func aModuleThatFailsLeavesItsExportAlone() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.write(WasmBinary.returning(2), to: "m/b.wasm")
      try box.succeed("--output", "out", "--stamp", "stamp", "--depfile", "stamp.d", "m")
      let before = try [box.status(of: "stamp"), box.status(of: "stamp.d"), box.status(of: "out/a.cwasm")].map(
        \.st_ino)
      try box.write(WasmBinary.invalid, to: "m/a.wasm")
      try box.write(WasmBinary.returning(3), to: "m/b.wasm")
      let run = try box.tool("--output", "out", "--stamp", "stamp", "--depfile", "stamp.d", "m").run()
      #expect(run.ending == .exited(1))
      #expect(run.errors.contains("\nexported 1 artifact\n"))
      let after = try [box.status(of: "stamp"), box.status(of: "stamp.d"), box.status(of: "out/a.cwasm")].map(
        \.st_ino)
      #expect(after == before)
    }
  }

}
