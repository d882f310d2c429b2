import Foundation
import TestSupport
import Testing

/// Real build tools rebuild exactly what changed, by the depfile and the stamp.
@Suite struct BuildToolTests {
  /// Names with everything that make and ninja would like to be told of.
  private static let oddNames = ["two words.wasm", "hash#.wasm", "dollar$.wasm", "col:on.wasm", "a b#c$d:e.wasm"]

  /// What one run of a build tool did.
  private struct Work: Equatable {
    var compiled: Int
    /// Steps that ran, in order.
    var steps: [String]
  }

  private struct Project {
    let box: Sandbox
    let tool: BuildTool

    init(_ box: Sandbox, _ tool: BuildTool) throws {
      self.box = box
      self.tool = tool
      let line = "\(box.executable) --output out --stamp modules.stamp --depfile modules.d modules"
      let makefile = """
        bundle: modules.stamp
        	@echo bundle >> log
        	cat modules.stamp > bundle
        modules.stamp:
        	@echo precompile >> log
        	\(line)
        -include modules.d

        """
      let ninja = """
        rule precompile
          command = echo precompile >> log && \(line)
          depfile = modules.d
          deps = gcc
          restat = 1
        rule bundle
          command = echo bundle >> log && cat modules.stamp > bundle
        build modules.stamp: precompile
        build bundle: bundle modules.stamp
        default bundle

        """
      switch tool {
      case .make: try box.write(makefile, to: "Makefile")
      case .ninja: try box.write(ninja, to: "build.ninja")
      }
    }

    func build(_ location: SourceLocation = #_sourceLocation) throws -> Work {
      try? box.remove("log")
      let run = try box.command(tool.program(), []).run(location)
      #expect(run.ending == .exited(0), "\(run.output)\(run.errors)", sourceLocation: location)
      let log = (try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? ""
      let said = run.outputLines + run.errorLines
      return Work(compiled: said.count { $0.hasPrefix("compiled ") }, steps: log.lines)
    }

    /// Changes something so that the build tool can see that it happened after the last build.
    func change(_ body: () throws -> Void) throws {
      try box.waitUntilNewer(than: "bundle")
      try body()
    }

    func exports() throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: box.work + "/out").filter { $0.hasSuffix(".cwasm") }.sorted()
    }
  }

  @Test(arguments: BuildTool.allCases)
  func exactlyWhatChangedIsRebuilt(_ tool: BuildTool) throws {
    try Sandbox.use { box in
      let names = Self.oddNames + ["sub/plain.wasm"]
      for (index, name) in names.enumerated() { try box.write(WasmBinary.returning(index), to: "modules/" + name) }
      let project = try Project(box, tool)
      let all = ["precompile", "bundle"]
      func exports(_ names: [String]) -> [String] { names.map { $0.replacing(".wasm", with: ".cwasm") }.sorted() }

      #expect(try project.build() == Work(compiled: 6, steps: all))
      #expect(try project.exports() == exports(names))
      #expect(try project.build() == Work(compiled: 0, steps: []), "nothing changed")

      for (index, name) in names.enumerated() {
        try project.change { try box.write(WasmBinary.returning(100 + index), to: "modules/" + name) }
        #expect(try project.build() == Work(compiled: 1, steps: all), "changed: \(name)")
        #expect(try project.build() == Work(compiled: 0, steps: []))
      }

      // Only touched: it is looked at, and what is built from it is not built again.
      try project.change { try box.write(WasmBinary.returning(100), to: "modules/" + names[0]) }
      #expect(try project.build() == Work(compiled: 0, steps: ["precompile"]))
      if tool == .ninja { #expect(try project.build() == Work(compiled: 0, steps: [])) }

      try project.change { try box.write(WasmBinary.returning(50), to: "modules/sub/new one.wasm") }
      #expect(try project.build() == Work(compiled: 1, steps: all), "added")
      #expect(try project.build() == Work(compiled: 0, steps: []))
      try project.change { try box.write(WasmBinary.returning(51), to: "modules/new directory/x.wasm") }
      #expect(try project.build() == Work(compiled: 1, steps: all), "added in a directory of its own")

      try project.change { try box.rename("modules/sub/new one.wasm", to: Array("modules/sub/re:named.wasm".utf8)) }
      #expect(try project.build() == Work(compiled: 0, steps: all), "renamed")
      #expect(try project.build() == Work(compiled: 0, steps: []))
      #expect(try project.exports() == exports(names + ["sub/re:named.wasm", "new directory/x.wasm"]))

      for name in names.dropLast() + ["new directory"] {
        try project.change { try box.remove("modules/" + name) }
        #expect(try project.build() == Work(compiled: 0, steps: all), "deleted: \(name)")
        #expect(try project.build() == Work(compiled: 0, steps: []))
      }
      #expect(try project.exports() == ["sub/plain.cwasm", "sub/re:named.cwasm"])

      // What it is compiled with is an input, too.
      try project.change { try box.write("backends = ['winch']\n", to: ".wasmprecompile.toml") }
      _ = try box.command("touch", ["modules/sub/plain.wasm"]).run()
      #expect(try project.build() == Work(compiled: 2, steps: all), "settings came")
      try project.change { try box.write("backends = ['pulley']\n", to: ".wasmprecompile.toml") }
      #expect(try project.build() == Work(compiled: 2, steps: all), "settings changed")
    }
  }

  /// However they are written, ninja splits names at these, and would build again each time.
  @Test(arguments: ["&", "'", "\"", "*", "?", "`", "<", ">", "^"])
  func whatNinjaMisreadsIsRefusedButForMake(_ character: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "modules/a\(character)b.wasm")
      let ninja = try Project(box, .ninja)
      let refused = try box.command(ninja.tool.program(), []).run()
      #expect(refused.ending == .exited(1))
      #expect(
        refused.output.contains(
          "a\(character)b.wasm: error: cannot be named in a depfile: ninja would misread the \"\(character)\" in its name: "
            + "rename it, or use --exclude\n"), "\(refused.output)")
      try box.remove("out")
      let make = try Project(box, .make)
      #expect(try make.build() == Work(compiled: 0, steps: ["precompile", "bundle"]))
      #expect(try make.build() == Work(compiled: 0, steps: []))
      try make.change { try box.write(WasmBinary.returning(2), to: "modules/a\(character)b.wasm") }
      #expect(try make.build() == Work(compiled: 1, steps: ["precompile", "bundle"]))
    }
  }

  /// ninja passes on what make says in the environment, though it is ninja that reads the depfile.
  @Test func theNearestBuildToolIsTheOneThatReads() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a&b.wasm")
      let command = "\(box.executable) --stamp out/stamp --depfile out/depfile a\\&b.wasm"
      let ninja = "\(try BuildTool.ninja.program())"
      try box.write("rule p\n  command = \(command)\n  depfile = out/depfile\nbuild out/stamp: p\n", to: "build.ninja")
      try box.write("all:\n\t@\(ninja)\n", to: "Makefile")
      let below = try box.command("make", []).run()
      #expect(below.ending == .exited(2))
      #expect(below.output.contains("cannot be named in a depfile: ninja would misread the \"&\""), "\(below.output)")
      try box.write("all:\n\t@mkdir -p out; env \(command)\n", to: "Makefile")
      try box.write("rule p\n  command = make\nbuild out/stamp: p\n", to: "build.ninja")
      let above = try box.command(ninja, []).run()
      #expect(above.ending == .exited(0), "\(above.output)")
      #expect(FileManager.default.fileExists(atPath: box.work + "/out/depfile"))
    }
  }

  @Test(arguments: BuildTool.allCases)
  func eachExportIsATargetOfItsOwn(_ tool: BuildTool) throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let command = "\(box.executable) --backend winch --output out --depfile"
      let makefile = """
        all: out/1.cwasm out/2.cwasm
        out/%.cwasm: %.wasm
        	@echo $* >> log
        	\(command) out/$*.d $<
        -include out/1.d out/2.d

        """
      let ninja = """
        rule precompile
          command = echo $in >> log && \(command) $out.d $in
          depfile = $out.d
        build out/1.cwasm: precompile 1.wasm
        build out/2.cwasm: precompile 2.wasm

        """
      try box.write(tool == .make ? makefile : ninja, to: tool == .make ? "Makefile" : "build.ninja")
      func built() throws -> [String] {
        try? box.remove("log")
        let run = try box.command(tool.program(), ["-j2"]).run()
        #expect(run.ending == .exited(0), "\(run.output)\(run.errors)")
        let log = (try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? ""
        return log.lines.map { $0.replacing(".wasm", with: "") }.sorted()
      }
      #expect(try built() == ["1", "2"])
      #expect(try built() == [])
      for number in [3, 1] {
        // The second time the cache has it, and its artifact is old.
        try box.waitUntilNewer(than: "out/1.cwasm")
        try box.write(WasmBinary.returning(number), to: "1.wasm")
        #expect(try built() == ["1"])
        #expect(try built() == [])
      }
    }
  }
}
