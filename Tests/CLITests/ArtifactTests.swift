import Foundation
import TestSupport
import Testing

/// What the cache holds after a run is what a user's runtime loads.
@Suite struct ArtifactTests {
  static let backends = ["cranelift", "winch", "pulley"]
  static let everyBackend: [Argument] = ["--backend", "cranelift", "--backend", "winch", "--backend", "pulley"]

  @Test(.enabled(if: Corpus.isPresent, "there is no corpus of real modules at \(Corpus.path)"))
  func everyModuleOfTheCorpusLoadsInPython() throws {
    try Sandbox.use { box in
      let modules = Corpus.modules
      // Two of them have the same content.
      let count = Set((modules + Corpus.components).map { FileManager.default.contents(atPath: $0) }).count
      let run = try box.tool(Self.everyBackend + [Argument(Corpus.path)]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(
        run.errorLines.last?.masked
          == "\(count) modules with 3 backends: \(3 * count) compiled, 0 up to date (SIZE → SIZE in TIME)")

      let again = try box.tool(Self.everyBackend + [Argument(Corpus.path)]).run()
      #expect(again.ending == .exited(0))
      #expect(
        again.errors.masked == "\(count) modules with 3 backends: nothing to compile, all up to date (TIME)\n")

      // The entries are named by the modules' hashes; `path` says where.
      let hashes = try box.succeed(["hash"] + modules.map { Argument($0) }).outputLines.map { $0.prefix(64) }
      let places = try box.succeed(["path", Argument(modules[0])] + Self.everyBackend).outputLines
      var artifacts: [PythonClient.Artifact] = []
      for (backend, place) in zip(Self.backends, places) {
        let directory = URL(filePath: place).deletingLastPathComponent().path
        artifacts += hashes.map { .init(backend: backend, use: "module", path: "\(directory)/\($0).cwasm") }
      }
      for component in Corpus.components {
        let path = try box.succeed("path", Argument(component)).outputLines
        artifacts.append(.init(use: "component", path: try #require(path.first)))
      }
      #expect(artifacts.count == 3 * modules.count + Corpus.components.count)
      let loaded = try PythonClient(release: .standard).load(artifacts, in: box)
      #expect(loaded.count { $0 == "loaded" } == artifacts.count)

      let verified = try box.succeed("cache", "verify")
      #expect(verified.output.masked == "\(3 * count) entries, SIZE: all good\n")
      #expect(box.temporaryFiles == [])
    }
  }

  @Test func functionsOfTheExamplesGiveTheRightAnswers() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      let run = try box.succeed(Self.everyBackend + ["build"])
      #expect(
        run.errorLines.last?.masked == "6 modules with 3 backends: 18 compiled, 0 up to date (SIZE → SIZE in TIME)")
      var artifacts: [PythonClient.Artifact] = []
      for (name, _) in Examples.results {
        let paths = try box.succeed(["path", "build/\(name).wasm"] + Self.everyBackend).outputLines
        try #require(paths.count == 3)
        artifacts += zip(Self.backends, paths).map { .init(backend: $0, use: name, path: $1) }
      }
      let answers = try PythonClient(release: .standard).load(artifacts, in: box)
      #expect(answers == Examples.results.flatMap { [$1, $1, $1] })
    }
  }

  @Test func secondRunCompilesNothingAndSaysSo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let first = try box.succeed(".")
      #expect(first.output == "")
      #expect(
        first.errors.masked == """
          compiled ./one.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
      let second = try box.succeed(".")
      #expect(second.output == "")
      #expect(second.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")

      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let third = try box.succeed(".")
      #expect(
        third.errors.masked == """
          compiled ./two.wasm with cranelift, SIZE → SIZE, TIME
          2 modules: 1 compiled, 1 up to date (SIZE → SIZE in TIME)

          """)
    }
  }

  @Test func sameContentUnderSeveralNamesIsCompiledOnce() throws {
    try Sandbox.use { box in
      for name in ["a.wasm", "b.wasm", "deeper/c.wasm"] { try box.write(WasmBinary.returning(7), to: name) }
      try box.link("d.wasm", to: "a.wasm")
      let run = try box.succeed("-v", "-j", "1", ".")
      #expect(
        run.errorLines.dropFirst(2).map(\.masked) == [
          "./b.wasm is the same module as ./a.wasm", "./d.wasm is the same module as ./a.wasm",
          "./deeper/c.wasm is the same module as ./a.wasm", "compiled ./a.wasm with cranelift, SIZE → SIZE, TIME",
          "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)",
        ])
      let paths = try ["a.wasm", "deeper/c.wasm", "d.wasm"].map { try box.succeed("path", "\($0)").output }
      #expect(Set(paths).count == 1)
    }
  }

  @Test func entriesAreLinksToImmutableObjectsInsideTheCache() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      let entry = try #require(try box.succeed("path", "one.wasm").outputLines.first)
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: entry)
      #expect(target.wholeMatch(of: #/\.\./\.\./objects/[0-9a-f]{2}/[0-9a-f]{62}/#) != nil)
      let object = try FileManager.default.attributesOfItem(atPath: URL(filePath: entry).resolvingSymlinksInPath().path)
      #expect(object[.posixPermissions] as? Int == 0o444)
      #expect(try FileManager.default.attributesOfItem(atPath: box.cache)[.posixPermissions] as? Int == 0o700)
      #expect(entry.hasPrefix(box.cache + "/v1/engines/cranelift-50-"))
    }
  }

  @Test func everyChangeOfAFileIsNoticedHoweverWellHidden() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(10), to: "module.wasm")
      try box.succeed(".")
      for value in 11...20 {
        // At once, in place, and of the same size: the times may not differ. Then with the old time put back.
        let isSetBack = value.isMultiple(of: 2)
        let script = isSetBack ? "cp -p $1 old; cat new > $1; touch -r old $1" : "cat new > $1"
        try box.write(WasmBinary.returning(value), to: "new")
        #expect(try box.command("sh", ["-c", "\(script)", "sh", "module.wasm"]).run().ending == .exited(0))
        let run = try box.succeed(".")
        #expect(run.errorLines.first?.masked == "compiled ./module.wasm with cranelift, SIZE → SIZE, TIME")
        let path = try box.succeed("path", "module.wasm").outputLines
        let answer = try PythonClient(release: .standard).load(path.map { .init(use: "value", path: $0) }, in: box)
        #expect(answer == ["\(value)"])
      }
    }
  }
}
