internal import LinuxIO
internal import Scanning
internal import SystemPackage
internal import WasmCache

/// The remembered files below each root. Roots in the same place share them.
struct RootIndexes {
  private(set) var all: [StatIndex] = []
  /// For each place, whether it is a directory that was scanned, not only files in it that were named.
  private(set) var isDirectory: [Bool] = []
  private var numbers: [Int] = []

  /// The places that files are remembered under, before anything is read.
  private struct Places {
    var paths: [FilePath] = []
    var isDirectory: [Bool] = []
    var numbers: [Int] = []
    /// For each place, the files that were named below it.
    var files: [[Int]] = []
  }

  /// - Parameters:
  ///   - directories: where files among the roots are remembered, see ``RunInput/rememberedUnder``.
  ///   - load: gives what is remembered under a path: of everything, or of some files.
  init(
    _ scan: ScanResult, of roots: [FilePath], under directories: [FilePath],
    load: (FilePath, _ files: [FileStamp]?) -> StatIndex
  ) {
    let places = Self.places(of: roots, under: directories)
    numbers = places.numbers
    isDirectory = places.isDirectory
    // Few files of a large tree are asked for one by one: reading all that is known of the tree takes longer.
    var few: [[FileStamp]?] = places.isDirectory.indices.map { number in
      places.isDirectory[number] || places.files[number].count > Self.fewest ? nil : []
    }
    if few.contains(where: { $0 != nil }) {
      for file in 0..<scan.count { few[numbers[scan.root(at: file)]]?.append(scan.stamp(at: file)) }
    }
    all = zip(places.paths, few).map { load($0, $1) }
  }

  /// The number of named files from which everything under their place is read.
  private static let fewest = 256

  private static func places(of roots: [FilePath], under directories: [FilePath]) -> Places {
    var places = Places()
    var known: [FilePath: Int] = [:]
    var resolved: [FilePath: FilePath] = [:]
    let directories = directories.map { (path: $0, place: $0.resolved ?? $0) }
    for (root, path) in roots.enumerated() {
      let isDirectory = (try? Descriptor.status(of: path))?.kind == .directory
      // A file is remembered with a directory, so that naming it and scanning it know the same.
      let directory = isDirectory ? path : path.removingLastComponent()
      let above =
        isDirectory
        ? nil
        : directories.filter { path != $0.path && path.starts(with: $0.path) }.max {
          $0.path.components.count < $1.path.components.count
        }
      let place = above?.place ?? resolved[directory] ?? (directory.isEmpty ? "." : directory).resolved ?? directory
      if above == nil { resolved[directory] = place }
      let number = known[place] ?? places.paths.count
      if number == places.paths.count {
        known[place] = number
        places.paths.append(place)
        places.isDirectory.append(isDirectory)
        places.files.append([])
      } else if isDirectory {
        places.isDirectory[number] = true
      }
      if !isDirectory { places.files[number].append(root) }
      places.numbers.append(number)
    }
    return places
  }

  func number(ofRoot root: Int) -> Int { numbers[root] }

  subscript(root root: Int) -> StatIndex { all[numbers[root]] }
}
