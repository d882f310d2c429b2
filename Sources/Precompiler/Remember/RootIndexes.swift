internal import LinuxIO
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache

/// The remembered files below each root. Roots in the same place share them.
struct RootIndexes {
  let all: [StatIndex]
  /// For each place, whether it is a directory that was scanned, not only files in it that were named.
  let isDirectory: [Bool]
  private let numbers: [Int]

  fileprivate init(_ all: [StatIndex], of places: RootPlaces) {
    self.all = all
    isDirectory = places.isDirectory
    numbers = places.numbers
  }

  func number(ofRoot root: Int) -> Int { numbers[root] }

  subscript(root root: Int) -> StatIndex { all[numbers[root]] }
}

/// What is remembered of the files below each root, to be read on any thread.
final class RootMemory: Sendable {
  private let places: RootPlaces
  private let load: @Sendable (FilePath, _ files: [FileStamp]?) -> StatIndex
  /// By place, what was read of whole directories; nil before.
  private let whole = Mutex<[Int: StatIndex]?>(nil)

  /// - Parameters:
  ///   - directories: where files among the roots are remembered, see ``RunInput/rememberedUnder``.
  ///   - load: gives what is remembered under a path: of everything, or of some files.
  init(
    of roots: [FilePath], under directories: [FilePath],
    load: @escaping @Sendable (FilePath, _ files: [FileStamp]?) -> StatIndex
  ) {
    places = RootPlaces(of: roots, under: directories)
    self.load = load
  }

  /// Reads what is remembered of whole directories, unless that was done. For large trees, that takes a tenth of the time in which
  /// their files are found.
  func readDirectories() { _ = directories() }

  private func directories() -> [Int: StatIndex] {
    whole.withLock { whole in
      if let whole { return whole }
      var all: [Int: StatIndex] = [:]
      for place in places.paths.indices where places.isWhole(place) { all[place] = load(places.paths[place], nil) }
      whole = all
      return all
    }
  }

  func indexes(of scan: ScanResult) -> RootIndexes {
    let whole = directories()
    var few: [Int: [FileStamp]] = [:]
    if whole.count < places.paths.count {
      for file in 0..<scan.count {
        let place = places.numbers[scan.root(at: file)]
        if whole[place] == nil { few[place, default: []].append(scan.stamp(at: file)) }
      }
    }
    return RootIndexes(places.paths.indices.map { whole[$0] ?? load(places.paths[$0], few[$0] ?? []) }, of: places)
  }
}

/// The places that the files of roots are remembered under.
private struct RootPlaces {
  private(set) var paths: [FilePath] = []
  private(set) var isDirectory: [Bool] = []
  /// The place of each root.
  private(set) var numbers: [Int] = []
  /// For each place, the files that were named below it.
  private var files: [[Int]] = []

  /// - Parameter directories: where files among the roots are remembered, see ``RunInput/rememberedUnder``.
  init(of roots: [FilePath], under directories: [FilePath]) {
    var known: [FilePath: Int] = [:]
    var resolved: [FilePath: FilePath] = [:]
    let directories = directories.map { (path: $0, place: $0.resolved ?? $0) }
    for (root, path) in roots.enumerated() {
      let isTree = (try? Descriptor.status(of: path))?.kind == .directory
      // A file is remembered with a directory, so that naming it and scanning it know the same.
      let directory = isTree ? path : path.removingLastComponent()
      let above =
        isTree
        ? nil
        : directories.filter { path != $0.path && path.starts(with: $0.path) }.max {
          $0.path.components.count < $1.path.components.count
        }
      let place = above?.place ?? resolved[directory] ?? (directory.isEmpty ? "." : directory).resolved ?? directory
      if above == nil { resolved[directory] = place }
      let number = known[place] ?? paths.count
      if number == paths.count {
        known[place] = number
        paths.append(place)
        isDirectory.append(isTree)
        files.append([])
      } else if isTree {
        isDirectory[number] = true
      }
      if !isTree { files[number].append(root) }
      numbers.append(number)
    }
  }

  /// Whether everything that is known below a place is read. Few files of a large tree are asked for one by one: reading all that is
  /// known of the tree takes longer.
  func isWhole(_ place: Int) -> Bool { isDirectory[place] || files[place].count > Self.fewest }

  /// The number of named files from which everything under their place is read.
  private static let fewest = 256
}
