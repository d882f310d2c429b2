import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What `FORMAT.md` says is what is on the disk.
@Suite struct FormatTests {
  private static let paper = Paper(named: "FORMAT")
  private static let reader = "\(EngineUnderTest.packageRoot)/Examples/format/read_cache.py"

  private func reader(_ arguments: Argument..., in box: Sandbox) throws -> CommandResult {
    var python = box.command("python3", [Argument(Self.reader)] + arguments)
    python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return try python.run()
  }

  @Test func theReaderComputesTheTestVectors() throws {
    try Sandbox.use { box in
      let run = try reader("--vectors", Argument(Self.paper.path), in: box)
      #expect(run.ending == .exited(0))
      #expect(
        run.outputLines == [
          "cranelift-50-86743977e4f20c9b: right", "cranelift-50-df506eecbdedd6e0: right",
          "wasmer-llvm-5.0.4__beta_1_-34d79d8c30dd631c: right", "winch-24.0.0+fix-ddc327d1cfcebcd6: right",
          "the same: right", "no AVX, no collector, fewer features: right", "a feature more: right",
          "another tunable: right", "another collector: right", "a collector, where the host has none: right",
          "AVX, where the host has none: right", "another level of optimization: right", "another release: right",
          "fewer features, before release 37: right",
          "no AVX, before release 28, with a number for each feature: right",
          "a last number without an end: only the same bytes: right",
        ])
      let text = try Self.paper.text()
      for (right, wrong) in [
        (#""00023530""#, #""00023531""#), ("86743977e4f20c9b2b", "86743977e4f20c9b2c"),
        ("winch-24.0.0+", "winch-24.0.0-"), (#""fits": true"#, #""fits": false"#),
        (#""features": "all""#, #""features": "least""#),
      ] {
        try box.write(text.replacing(right, with: wrong), to: "wrong.md")
        #expect(try reader("--vectors", "wrong.md", in: box).ending == .exited(1), "\(right)")
      }
    }
  }

  // MARK: The layout

  private struct Place {
    let pattern: Regex<Substring>
    let row: String
    /// In octal, or `link` or `file`.
    let kind: String

    init(_ row: Substring) throws {
      let words = row.split(separator: "  ", maxSplits: 1).map { $0.drop { $0 == " " } }
      self.row = String(words[0])
      kind = String(words[1].prefix(4))
      let parts = [
        "<2 hex>": "[0-9a-f]{2}", "<62 hex>": "[0-9a-f]{62}", "<64 hex>": "[0-9a-f]{64}", "<suffix>": "[.]cwasm",
        "<directory>": "[a-z-]+-[A-Za-z0-9._+]+-[0-9a-f]{16}", "<writer>": "[^/]+", "<name>": "[^/]+", ".": "[.]",
      ]
      var pattern = ""
      var rest = words[0]
      while let first = rest.first {
        let part = parts.first { rest.hasPrefix($0.key) }
        pattern += part?.value ?? String(first)
        rest = rest.dropFirst(part?.key.count ?? 1)
      }
      self.pattern = try Regex(pattern, as: Substring.self)
    }

    func fits(_ name: String, _ status: stat) throws -> Bool {
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      let mode = String(status.st_mode & 0o7777, radix: 8)
      return try pattern.wholeMatch(in: name) != nil
        && (kind == "link" ? isLink : !isLink && (kind == "file" || kind == "0" + mode))
    }
  }

  /// Each file that a run leaves, and one of those that only trouble makes.
  @Test func theLayoutNamesEveryFileOfACache() throws {
    let places = try Self.paper.block("layout").map(Place.init)
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write(WasmBinary.returning(2), to: "b.wasm")
      try box.succeed("keys", "generate")
      try box.succeed(
        "--backend", "cranelift", "--backend", "winch", "--max-size", "1G", "--sign-with", "wasmprecompile.sec", ".")
      // What a writer has there that was killed.
      try FileManager.default.createDirectory(atPath: box.cache + "/v1/tmp/12ab", withIntermediateDirectories: false)
      chmod(box.cache + "/v1/tmp/12ab", 0o700)
      try Array("x".utf8).write(to: FilePath(box.cache + "/v1/tmp/12ab/1"))
      let object = URL(filePath: try box.artifact("a.wasm")).resolvingSymlinksInPath().path
      chmod(object, 0o600)
      try Array("x".utf8).write(to: FilePath(object))
      chmod(object, 0o444)
      try box.succeed("cache", "verify", "--repair")

      var met: Set<String> = []
      for name in try FileManager.default.subpathsOfDirectory(atPath: box.cache).sorted() {
        var status = stat()
        try #require(lstat(box.cache + "/" + name, &status) == 0)
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        let place = try places.first { try $0.fits(isDirectory ? name + "/" : name, status) }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        met.insert(try #require(place, "no row for \(name) with mode \(mode)").row)
      }
      let unmet = places.map(\.row).filter { !met.contains($0) }
      #expect(unmet == ["v1/tmp/unlocked-<writer>/", "v1/catalog.sqlite.not-ours"])
    }
  }

  // MARK: A real cache

  private static let backends = ["cranelift", "pulley", "winch"]

  /// Fills a cache with two modules by three backends.
  private func fill(_ box: Sandbox) throws {
    for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
    let backends = Self.backends.flatMap { ["--backend", Argument($0)] as [Argument] }
    try box.succeed(backends + ["."])
    try box.succeed("--opt-level", "none", "--cpu", "baseline", ".")
  }

  @Test func theReaderFindsEveryEntryOfARealCache() throws {
    try Sandbox.use { box in
      try fill(box)
      let hashes = try box.succeed("hash", "1.wasm", "2.wasm").outputLines.map { String($0.prefix(64)) }
      let run = try reader(Argument(box.cache), in: box)
      #expect(run.ending == .exited(0), "\(run.output)")
      let lines = run.outputLines.map { $0.split(separator: " ").map(String.init) }
      #expect(lines.map { $0[0] } == ["cranelift", "pulley", "winch", "cranelift"].flatMap { [$0, $0] }.sorted())
      #expect(Set(lines.map { $0[3] }) == Set(hashes))
      // Each of the four identities has both modules.
      #expect(Set(lines.map { $0[2] + $0[3] }).count == 8)
      #expect(lines.allSatisfy { Int($0[4]) ?? 0 > 1000 })
    }
  }

  @Test func theReaderRefusesWhatIsNoCache() throws {
    try Sandbox.use { box in
      let help = try reader("--help", in: box)
      #expect(help.ending == .exited(0) && help.output.contains("read_cache.py [CACHE]") && help.errors == "")
      try FileManager.default.createDirectory(atPath: box.work + "/empty", withIntermediateDirectories: false)
      let why = "is not there or cannot be read, so this is no cache of format 1: No such file or directory\n"
      for (arguments, message) in [
        (["nowhere"], "nowhere/v1/engines: \(why)"), (["empty"], "empty/v1/engines: \(why)"),
        (["--nonsense"], "usage: read_cache.py [CACHE] or read_cache.py --vectors FILE\n"),
        (["--vectors"], "usage: read_cache.py [CACHE] or read_cache.py --vectors FILE\n"),
        (
          ["--vectors", "nowhere"],
          "nowhere: cannot be read: [Errno 2] No such file or directory: 'nowhere'\n"
        ),
      ] {
        var python = box.command("python3", [Argument(Self.reader)] + arguments.map { Argument($0) })
        python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        let run = try python.run()
        #expect(run.ending == .exited(2) && run.output == "", "\(arguments)")
        #expect(run.errors == message)
      }
    }
  }

  @Test func theReaderNoticesACopyWithoutEntries() throws {
    try Sandbox.use { box in
      try fill(box)
      for engine in box.engines {
        for entry in box.entries(engine) {
          try FileManager.default.removeItem(atPath: "\(box.cache)/v1/engines/\(engine)/\(entry)")
        }
      }
      let run = try reader(Argument(box.cache), in: box)
      #expect(run.ending == .exited(1))
      #expect(run.output == "\(box.cache): has artifacts, but no entry: a copy must keep symbolic links\n")
      // An empty cache is as it should be.
      try box.succeed("cache", "gc", "--max-size", "1B")
      let emptied = try reader(Argument(box.cache), in: box)
      #expect(emptied.ending == .exited(0) && emptied.output == "")
    }
  }

  /// What hands, disks and other programs do, and what the reader says of it.
  enum Fault: CaseIterable {
    case flippedByte, missingObject, elsewhere, notALink, wrongSuffix, renamedDirectory, otherRecord, missingKey

    /// What is said after the entry's path; after the directory's where all of its entries are concerned.
    var complaint: String {
      switch self {
      case .flippedByte: "its artifact's bytes hash to HEX"
      case .missingObject: "its artifact cannot be opened: No such file or directory"
      case .elsewhere: "its link does not lead to an object: ../../../objects/HEX"
      case .notALink: "it is not a symbolic link"
      case .wrongSuffix: "its suffix is not .cwasm"
      case .renamedDirectory: "the directory's name should be DIRECTORY"
      case .otherRecord: "the identity in engine.json is HEX, its parts give HEX"
      case .missingKey: "engine.json has no text 'target'"
      }
    }

    func plant(in directory: String, entry: String, object: String) throws {
      let files = FileManager.default
      let path = directory + "/" + entry
      func edit(_ change: (inout [String: Any]) -> Void) throws {
        let file = directory + "/engine.json"
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
        var engine = try #require(json as? [String: Any])
        change(&engine)
        try Array(JSONSerialization.data(withJSONObject: engine)).write(to: FilePath(file))
      }
      switch self {
      case .flippedByte:
        var bytes = try Array(#require(files.contents(atPath: object)))
        bytes[bytes.count / 2] ^= 1
        chmod(object, 0o600)
        try bytes.write(to: FilePath(object))
      case .missingObject: try files.removeItem(atPath: object)
      case .elsewhere:
        let target = try files.destinationOfSymbolicLink(atPath: path)
        try files.removeItem(atPath: path)
        try files.createSymbolicLink(atPath: path, withDestinationPath: "../" + target)
      case .notALink:
        try files.removeItem(atPath: path)
        try files.copyItem(atPath: object, toPath: path)
      case .wrongSuffix: try files.moveItem(atPath: path, toPath: path.replacing(".cwasm", with: ".pwasm"))
      case .renamedDirectory: try files.moveItem(atPath: directory, toPath: directory.dropLast() + "g")
      case .otherRecord: try edit { $0["record"] = "00" }
      case .missingKey: try edit { $0["target"] = nil }
      }
    }
  }

  @Test(arguments: Fault.allCases) func theReaderFinds(_ fault: Fault) throws {
    try Sandbox.use { box in
      try fill(box)
      // Not inside of `#require`: Swift 6.3.1 then takes this closure for a later one of the same test.
      let engines = box.engines.filter { $0.hasPrefix("winch") }
      let engine = try #require(engines.last)
      let entry = try #require(box.entries(engine).first)
      let directory = box.cache + "/v1/engines/" + engine
      let object = URL(filePath: directory + "/" + entry).resolvingSymlinksInPath().path
      try fault.plant(in: directory, entry: entry, object: object)
      let run = try reader(Argument(box.cache), in: box)
      #expect(run.ending == .exited(1))
      // Lines that are not about a fault have no colon.
      let complaints = run.outputLines.filter { $0.contains(": ") }
      let words = complaints.map { line in
        line.replacing(#/^.*?: /#, with: "").replacing(engine, with: "DIRECTORY").replacing(
          #/\b[0-9a-f]{2}\/[0-9a-f]{62}\b|\b[0-9a-f]{64}\b/#, with: "HEX")
      }
      #expect(words == [fault.complaint])
    }
  }
}
