package import LinuxIO
package import SystemPackage
package import WasmCache
internal import WasmEngine

/// A file that does not exist, for tests of what is remembered of files; equal numbers and generations give equal files.
package struct SampleFile {
  package var number: Int
  package var generation: Int

  package init(number: Int, generation: Int = 0) {
    self.number = number
    self.generation = generation
  }

  package static let root = FilePath("/project/target")
  package static let second: Int64 = 1_000_000_000
  /// A day after every sample was hashed.
  package static let now: Int64 = 1_700_100_000 * second

  package var stamp: FileStamp {
    let time = 1_700_000_000 * Self.second + Int64(number * 1000 + generation)
    return FileStamp(
      device: 65024, inode: UInt64(7000 + number), size: Int64(100 + number), modified: time, changed: time,
      mode: 0o100644)
  }

  package var module: KnownModule {
    KnownModule(
      hash: WasmHash.generate(Array("\(number), \(generation)".utf8)),
      kind: number.isMultiple(of: 7) ? .component : .coreModule, weight: Int64(number * 10))
  }

  package var row: StatRow { StatRow(stamp: stamp, hashed: stamp.changed + 2 * Self.second, module: module) }

  /// How many of the files an index knows.
  package static func known(in index: StatIndex, of numbers: Range<Int>) -> Int {
    numbers.count { number in
      if case .known = index.lookup(SampleFile(number: number).stamp, now: now) { true } else { false }
    }
  }
}
