import Foundation
import Glibc
import TestSupport
import Testing

/// What the loaders for hosts in Python and C do not load, and what they say of it.
@Suite struct HostRefusalTests {
  /// What hands, disks and other programs do to an entry, and what is said of it.
  enum Fault: CaseIterable {
    case flippedBit, otherModule, elsewhere, notALink, missingObject, writableObject, foreignRecord

    var reason: String {
      switch self {
      case .flippedBit, .otherModule: ": ENTRY: its artifact's bytes hash to HEX"
      case .elsewhere: ": ENTRY: its link does not lead to an object"
      case .notALink: ": ENTRY: is not a symbolic link"
      case .missingObject: ""
      case .writableObject: ": ENTRY: other users can write to it (mode 0666)"
      case .foreignRecord: ": ENTRY: the engine refuses it: REFUSAL"
      }
    }

    func plant(_ entry: String, in box: Sandbox) throws {
      let files = FileManager.default
      let object = URL(filePath: entry).resolvingSymlinksInPath().path
      switch self {
      case .flippedBit: try flipBit(ofArtifactAt: entry)
      case .otherModule:
        try box.write(WasmBinary.returning(6), to: "b.wasm")
        try box.succeed("b.wasm")
        let other = try box.succeed("path", "b.wasm").outputLines[0]
        try files.removeItem(atPath: object)
        try files.copyItem(atPath: URL(filePath: other).resolvingSymlinksInPath().path, toPath: object)
      case .elsewhere:
        let target = try files.destinationOfSymbolicLink(atPath: entry)
        try files.removeItem(atPath: entry)
        try files.createSymbolicLink(atPath: entry, withDestinationPath: "../" + target)
      case .notALink:
        try files.removeItem(atPath: entry)
        try files.copyItem(atPath: object, toPath: entry)
      case .missingObject: try files.removeItem(atPath: object)
      case .writableObject: chmod(object, 0o666)
      case .foreignRecord:
        try box.succeed("-W", "epoch-interruption", "a.wasm")
        let other = try box.succeed("path", "-W", "epoch-interruption", "a.wasm").outputLines[0]
        let target = try files.destinationOfSymbolicLink(atPath: other)
        try files.removeItem(atPath: entry)
        try files.createSymbolicLink(atPath: entry, withDestinationPath: target)
      }
    }
  }

  @Test(arguments: HostLoader.standard, Fault.allCases)
  func whatIsWrongCountsAsMissing(_ loader: HostLoader, _ fault: Fault) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let entry = try box.succeed("path", "a.wasm").outputLines[0]
      try fault.plant(entry, in: box)
      func masked(_ line: String) -> String {
        line.replacing(entry, with: "ENTRY").replacing(#/\b[0-9a-f]{64}\b/#, with: "HEX").replacing(
          #/(failed deserialization for: [^:]*: )?Module was compiled.*?host/#, with: "REFUSAL")
      }
      let readOnly = try loader.lines("--only-read", "load", "a.wasm", in: box).map(masked)
      let reason = fault.reason
      #expect(readOnly == ["compiled 5\(reason.isEmpty ? ":" : reason + ";") the cache is only read"])
      #expect(try loader.lines("load", "a.wasm", in: box).map(masked) == ["compiled published 5" + reason])
      // What is corrupt was moved aside; anything else that is wrong is found again.
      let isAside = fault == .flippedBit || fault == .otherModule
      #expect(try loader.lines("load", "a.wasm", in: box).map(masked) == ["cached 5" + (isAside ? "" : reason)])
      let corrupt = try FileManager.default.contentsOfDirectory(atPath: box.cache + "/v1/corrupt")
      #expect(corrupt.count == (isAside ? 1 : 0))
    }
  }

  @Test(arguments: HostLoader.standard) func aCacheThatOthersCanWriteToIsRefused(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let engine = "v1/engines/" + box.engines[0]
      let object = URL(filePath: try box.succeed("path", "a.wasm").outputLines[0]).resolvingSymlinksInPath()
      let prefix = "v1/objects/" + object.deletingLastPathComponent().lastPathComponent
      for name in ["", "v1", "v1/objects", "v1/engines", "v1/tmp", "v1/corrupt", engine, prefix, ".."] {
        let path = name.isEmpty ? box.cache : box.cache + "/" + name
        chmod(path, 0o770)
        let lines = try loader.lines("--only-read", "load", "a.wasm", in: box)
        #expect(lines.count == 1)
        #expect(lines[0].hasPrefix("compiled 5: "), "\(name): \(lines)")
        #expect(lines[0].contains(": other users can write to it (mode 0770)"), "\(name): \(lines)")
        chmod(path, 0o700)
        #expect(try loader.lines("--only-read", "load", "a.wasm", in: box) == ["cached 5"], "\(name)")
      }
    }
  }

  @Test(.enabled(if: getuid() == 0), arguments: HostLoader.standard)
  func aCacheOfSomebodyElseIsRefused(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      for name in ["", "/v1/objects", "/v1/engines/" + box.engines[0]] {
        chown(box.cache + name, 1234, 1234)
        let lines = try loader.lines("--only-read", "load", "a.wasm", in: box)
        #expect(lines == ["compiled 5: \(box.cache)\(name): belongs to another user (1234); the cache is only read"])
        chown(box.cache + name, 0, 0)
      }
    }
  }

  @Test(arguments: HostLoader.standard) func aLinkToACacheIsFollowedAndOneInsideIsNot(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      try FileManager.default.moveItem(atPath: box.cache, toPath: box.path + "/elsewhere")
      try FileManager.default.createSymbolicLink(atPath: box.cache, withDestinationPath: "../../elsewhere")
      #expect(try loader.lines("load", "a.wasm", in: box) == ["cached 5"])
      let objects = box.path + "/elsewhere/v1/objects"
      try FileManager.default.moveItem(atPath: objects, toPath: box.path + "/moved")
      try FileManager.default.createSymbolicLink(atPath: objects, withDestinationPath: box.path + "/moved")
      let lines = try loader.lines("load", "a.wasm", in: box)
      #expect(lines.count == 1 && lines[0].hasPrefix("compiled 5: "), "\(lines)")
      #expect(lines[0].hasSuffix("Not a directory") || lines[0].hasSuffix("Too many levels of symbolic links"))
    }
  }

  @Test(arguments: HostLoader.standard) func aModuleThatTheEngineRefusesIsItsError(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.invalid, to: "bad.wasm")
      let lines = try loader.lines("--write", "load", "bad.wasm", in: box)
      #expect(lines.count == 1 && lines[0].hasPrefix("refused: "), "\(lines)")
      #expect(box.temporaryFiles == [])
      #expect(box.engines.flatMap(box.entries) == [])
    }
  }

  /// `WASMPRECOMPILE_TEST_FLIPS` says how many bits (default 20).
  @Test(arguments: ["24.0.0", "50.0.1"]) func noArtifactWithAFlippedBitIsLoaded(_ version: String) throws {
    let count = ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_FLIPS"].flatMap { Int($0) } ?? 20
    try Sandbox.use { box in
      let run = try HostLoader.flipBits(count, release: EngineRelease(version: version), in: box)
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.output == "\(count) bits of 4 artifacts: loaded 0 by python, 0 by c, 0 by c, in memory\n")
    }
  }
}
