internal import Glibc
internal import LinuxIO

/// One directory as a thread listed it.
struct ListedDirectory: Sendable {
  /// A directory in it, or a link to one. Its name in `names` ends with a slash.
  struct Child: Sendable {
    let nameStart: UInt32
    let nameLength: UInt16
    /// Nil for a link that is not (yet) followed.
    var id: Int?
  }

  let task: DirectoryTask
  let identity: FileIdentity
  /// The names of its files and children, each followed by NUL.
  let names: [UInt8]
  /// In bytewise order of their names, like `children`.
  var files: [FileEntry]
  var children: [Child]

  func name(of child: Child) -> ArraySlice<UInt8> {
    names[Int(child.nameStart)..<Int(child.nameStart) + Int(child.nameLength)]
  }

  /// The index of the first file whose path comes after everything in `child`.
  func firstFile(after child: Child, from start: Int) -> Int {
    var range = start..<files.count
    names.withUnsafeBytes { names in
      guard let names = names.baseAddress else { return }
      while !range.isEmpty {
        let middle = range.lowerBound + range.count / 2
        let file = files[middle]
        let length = Int(min(file.nameLength, child.nameLength))
        let order = memcmp(names + Int(file.nameStart), names + Int(child.nameStart), length)
        let isBefore = order != 0 ? order < 0 : file.nameLength < child.nameLength
        range = isBefore ? middle + 1..<range.upperBound : range.lowerBound..<middle
      }
    }
    return range.lowerBound
  }
}

/// A symbolic link to a directory, as the child of a listed directory.
struct FoundLink {
  let root: Int
  /// With NUL at its end.
  let path: [UInt8]
  let parent: Int
  let child: Int
}

/// A part of the files of a directory, examined apart from its listing.
struct FileRun: Sendable {
  let directory: Int
  let first: Int
  let files: [FileEntry]
}

/// Says that modules below root `outer` are listed under root `inner`.
struct NestedRoot: Hashable, Sendable {
  let outer: Int
  let inner: Int
}

/// Everything that one thread found.
struct ScanFindings: Sendable {
  var directories: [ListedDirectory] = []
  var runs: [FileRun] = []
  var problems: [FoundProblem] = []
  var nested: [NestedRoot] = []
}
