import Foundation
import Glibc
import TestSupport
import Testing

/// Caches that were copied by tools that do not keep symbolic links.
@Suite struct CopiedCacheTests {
  /// What copies `FROM` to `TO`.
  enum Copying: String, CaseIterable {
    case cp = "cp -rL FROM TO"
    case zip = """
      python3 -c 'import os, sys, zipfile
      os.umask(0o077)
      with zipfile.ZipFile(sys.argv[2] + ".zip", "w") as archive:
          for root, _, names in os.walk(sys.argv[1]):
              for name in names:
                  path = os.path.join(root, name)
                  archive.write(path, os.path.relpath(path, sys.argv[1]))
      zipfile.ZipFile(sys.argv[2] + ".zip").extractall(sys.argv[2])' FROM TO
      """
    case textLinks = """
      cp -a FROM TO && find TO/v1/engines -type l | while read -r link; do
      text=$(readlink "$link") && rm "$link" && printf %s "$text" >"$link" && chmod 644 "$link" || exit 1; done
      """
    case rsync = "rsync -r FROM/ TO"

    /// Whether entries are gone; else they are files.
    var leavesEntriesOut: Bool { self == .rsync }
  }

  /// Fills the cache with three modules for two backends, and copies it.
  private func copyCache(_ copying: Copying, in box: Sandbox) throws {
    for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
    try box.succeed("--backend", "cranelift", "--backend", "winch", ".")
    let script = copying.rawValue.replacing("FROM", with: "\"$1\"").replacing("TO", with: "\"$2\"")
    let result = try box.command("sh", ["-c", Argument(script), "sh", Argument(box.cache), Argument(copy(box))]).run()
    #expect(result.ending == .exited(0), "\(result.errors)")
  }

  private func copy(_ box: Sandbox) -> String { box.work + "/copy" }

  /// The command that is recommended.
  private func repair(_ box: Sandbox) -> String { "`wasmprecompile cache verify --repair --cache-dir \(copy(box))`" }

  /// Runs the tool with the copy for its cache.
  private func use(_ box: Sandbox, _ arguments: Argument...) throws -> CommandResult {
    try box.tool(arguments + ["--cache-dir", "copy"]).run()
  }

  private func entries(_ box: Sandbox) throws -> [String] {
    let engines = copy(box) + "/v1/engines"
    return try FileManager.default.subpathsOfDirectory(atPath: engines).filter { $0.hasSuffix(".cwasm") }
      .map { "\(engines)/\($0)" }
  }

  /// Everything is there, loads and gives the right answers, and nothing has to be compiled.
  private func expectWhole(_ box: Sandbox) throws {
    let verified = try use(box, "cache", "verify")
    #expect(verified.ending == .exited(0))
    #expect(verified.errors == "")
    #expect(verified.output.masked == "6 entries, SIZE: all good\n")
    let both: [Argument] = ["--backend", "cranelift", "--backend", "winch", "--cache-dir", "copy"]
    #expect(try box.tool(["--check"] + both + ["."]).run().ending == .exited(0))
    var artifacts: [PythonClient.Artifact] = []
    for number in 1...3 {
      let paths = try box.succeed(["path", "--verify"] + both + ["\(number).wasm"]).outputLines
      try #require(paths.count == 2)
      for (path, backend) in zip(paths, ["cranelift", "winch"]) {
        artifacts.append(.init(backend: backend, use: "value", path: path))
      }
    }
    #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["1", "1", "2", "2", "3", "3"])
    #expect(try entries(box).allSatisfy { (try? FileManager.default.destinationOfSymbolicLink(atPath: $0)) != nil })
  }

  @Test(arguments: Copying.allCases) func aCopyWithoutLinksIsNamedAndMended(_ copying: Copying) throws {
    try Sandbox.use { box in
      try copyCache(copying, in: box)
      let files = try entries(box)
      #expect(files.count == (copying.leavesEntriesOut ? 0 : 6))

      // Every command says so.
      let path = try use(box, "path", "1.wasm")
      #expect(path.ending == .exited(1))
      #expect(
        path.errors
          == "1.wasm: error: the cache has no artifact for cranelift: copied without links; "
          + "\(repair(box)) makes its links again, --compile the artifact\n")
      let check = try use(box, "--check", "1.wasm")
      #expect(check.ending == .exited(1))
      #expect(check.output == "would compile 1.wasm with cranelift (copied without links)\n")
      let list = try use(box, "cache", "list")
      #expect(list.output == "")
      let what = copying.leavesEntriesOut ? "6 artifacts have no entries" : "6 entries are files"
      #expect(
        list.errors
          == "\(copy(box)): warning: was copied without its links (`cp -a` keeps them): \(what); "
          + "\(repair(box)) makes links again\n")
      let json = try MachineOutput(try use(box, "cache", "list", "--format", "json").output, in: box)
      #expect(json.types == ["start", "warning", "summary"])
      let inspected = try use(box, "inspect", "1.wasm").output
      #expect(
        inspected.lines.count {
          $0.hasSuffix("copied without links: `wasmprecompile cache verify --repair` makes the link again")
        } == (copying.leavesEntriesOut ? 0 : 2))
      let machine = try MachineOutput(try use(box, "inspect", "--format", "json", "1.wasm").output, in: box)
      let artifacts = machine.of("inspected").first?["artifacts"] as? [[String: Any]]
      #expect(artifacts?.map { $0["linked"] as? Bool } == (copying.leavesEntriesOut ? [] : [false, false]))

      let found = try use(box, "cache", "verify")
      #expect(found.ending == .exited(1))
      #expect(found.output.masked == "6 entries, SIZE: 6 copied without links; --repair makes links of them\n")
      let fault =
        switch copying {
        case .rsync: "is missing, though its artifact is there: copying a cache must keep its links (`cp -a` does)"
        case .textLinks:
          "is a file with a link's text, not a link: this cache was copied without its links (`cp -a` keeps them)"
        default: "is a copy, not a link: this cache was copied without its links (`cp -a` keeps them)"
        }
      let ending = ".cwasm: warning: \(fault)"
      #expect(found.errorLines.count == 6)
      #expect(found.errorLines.allSatisfy { $0.hasSuffix(ending + "; --repair makes it again") }, "\(found.errors)")
      #expect(try entries(box) == files)

      let repaired = try use(box, "cache", "verify", "--repair")
      #expect(repaired.ending == .exited(0))
      #expect(repaired.output.masked == "6 entries, SIZE: 6 copied without links, 6 linked again\n")
      #expect(repaired.errorLines.count == 6)
      #expect(repaired.errorLines.allSatisfy { $0.hasSuffix(ending + " (linked again)") }, "\(repaired.errors)")
      try expectWhole(box)
    }
  }

  @Test(arguments: Copying.allCases) func aRunMakesLinksToo(_ copying: Copying) throws {
    try Sandbox.use { box in
      try copyCache(copying, in: box)
      let run = try use(box, "--explain", "--backend", "cranelift", "--backend", "winch", ".")
      #expect(run.ending == .exited(0))
      #expect(
        run.errorLines.count { $0.hasPrefix("compiled ") && $0.hasSuffix(" (copied without links)") } == 6,
        "\(run.errors)")
      try expectWhole(box)
    }
  }

  @Test func aRunWarnsOnceOfACopyThatItCompilesAgain() throws {
    try Sandbox.use { box in
      let fix = "\(repair(box)) makes the links again instead"
      try copyCache(.rsync, in: box)
      let cause = "was copied without its links (`cp -a` keeps them)"
      let warning = "\(copy(box)): warning: \(cause)"
      let both: [Argument] = ["--backend", "cranelift", "--backend", "winch", "--cache-dir", "copy"]
      let check = try box.tool(["--check"] + both + ["."]).run()
      #expect(
        check.errorLines.first == "\(warning): 3 modules have to be compiled again; \(fix)", "\(check.errors)")
      #expect(check.errorLines.count { $0.contains("warning") } == 1)
      #expect(try box.tool(["--check", "--quiet"] + both + ["."]).run().errors == "")

      let lines = try MachineOutput(try box.tool(["-n", "--format", "json"] + both + ["."]).run().output, in: box)
      #expect(
        lines.of("warning").map { $0["message"] as? String } == [
          "\(cause): 3 modules have to be compiled again; \(fix)"
        ])
      #expect(lines.of("warning").first?["path"] as? String == copy(box))

      let run = try use(box, "1.wasm")
      #expect(run.errorLines.first == "\(warning): 1 module has to be compiled again; \(fix)", "\(run.errors)")
      #expect(try !use(box, "1.wasm").errors.contains("warning"))
    }
  }

  @Test(arguments: [false, true]) func aWatcherWarnsOnceOfACopy(asJSON: Bool) throws {
    try Sandbox.use { box in
      try copyCache(.cp, in: box)
      try FileManager.default.createDirectory(atPath: box.work + "/tree", withIntermediateDirectories: true)
      try box.write(WasmBinary.returning(1), to: "tree/1.wasm")
      let format: [Argument] = asJSON ? ["--format", "json"] : []
      let watch = try box.tool(
        ["--watch", "--backend", "cranelift", "--backend", "winch", "--cache-dir", "copy"] + format + ["tree"]
      ).start()
      func said() -> String { asJSON ? watch.outputSoFar : watch.errorsSoFar }
      #expect(eventually { said().contains("tree/1.wasm") && said().contains("ready") }, "\(said())")
      for number in 2...3 {
        try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm")
        #expect(eventually { said().contains("tree/\(number).wasm") }, "\(said())")
      }
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
      #expect(
        said().lines.count {
          $0.contains("was copied without its links (`cp -a` keeps them): 1 module has to be compiled again; ")
        } == 1, "\(said())")
      #expect(said().lines.count { $0.contains("was copied without its links") } == 1, "\(said())")
    }
  }

  @Test func aCopysBytesAreStoredWhereItsArtifactIsMissing() throws {
    try Sandbox.use { box in
      try copyCache(.cp, in: box)
      try FileManager.default.removeItem(atPath: copy(box) + "/v1/objects")
      try FileManager.default.createDirectory(
        atPath: copy(box) + "/v1/objects", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      #expect(try use(box, "cache", "verify", "--repair").ending == .exited(0))
      try expectWhole(box)
    }
  }

  @Test(arguments: [true, false]) func aFlippedBitInACopyIsNotLinked(hasCatalog: Bool) throws {
    try Sandbox.use { box in
      try copyCache(.cp, in: box)
      if !hasCatalog { try FileManager.default.removeItem(atPath: copy(box) + "/v1/catalog.sqlite") }
      let entry = try #require(try entries(box).first { $0.contains("/cranelift-") })
      try flipBit(ofArtifactAt: entry)
      let found = try use(box, "cache", "verify")
      #expect(found.ending == .exited(1))
      #expect(
        found.output.masked
          == "6 entries, SIZE: 5 copied without links, 1 bad; --repair makes links again and moves bad ones aside\n")
      let corrupt =
        "\(entry): error: is a copy, not a link, and corrupt: no artifact of this cache has bytes that hash to "
      let line = try #require(found.errorLines.first { $0.hasPrefix(entry) })
      #expect(line.hasPrefix(corrupt) && line.hasSuffix("…"), "\(line)")

      let repaired = try use(box, "cache", "verify", "--repair")
      #expect(repaired.ending == .exited(0))
      let mended = try #require(repaired.errorLines.first { $0.hasPrefix(entry) })
      // The catalog knows which artifact it was, and that is there.
      #expect(mended == line + (hasCatalog ? " (linked again)" : " (removed)"))
      #expect(
        repaired.output.masked
          == "6 entries, SIZE: 5 copied without links, 1 bad, "
          + (hasCatalog ? "6 linked again\n" : "5 linked again, 1 removed\n"))
      if !hasCatalog {
        #expect(try !entries(box).contains(entry))
        #expect(try use(box, ".").errorLines.last?.hasPrefix("3 modules: 1 compiled, 2 up to date") == true)
      }
      try expectWhole(box)
    }
  }

  @Test func whatCannotBeHadBackIsSaid() throws {
    try Sandbox.use { box in
      try copyCache(.rsync, in: box)
      for name in try FileManager.default.contentsOfDirectory(atPath: copy(box) + "/v1") where name.hasPrefix("catalog")
      {
        try FileManager.default.removeItem(atPath: copy(box) + "/v1/" + name)
      }
      for option in [[], ["--repair"]] as [[Argument]] {
        let found = try box.tool(["cache", "verify", "--cache-dir", "copy"] + option).run()
        #expect(found.ending == .exited(1))
        #expect(
          found.errors
            == "\(copy(box)): warning: was copied without its links (`cp -a` keeps them), and nothing tells which modules "
            + "6 artifacts of it are of: the next run compiles them again\n")
        #expect(found.output == "0 entries, 0 B: 6 artifacts without an entry\n")
      }
      #expect(try use(box, "--backend", "cranelift", "--backend", "winch", ".").ending == .exited(0))
      try expectWhole(box)
    }
  }
}
