internal import LinuxIO
internal import SystemPackage

/// Every file that decides what a compiler makes, as the directories that it names are when they are listed.
struct CompilerParts: Sendable {
  /// By names that do not say where the compiler is installed.
  private(set) var files: [(name: String, path: FilePath)] = []
  /// The directories that were listed, each in the state that it had before. A file that comes or goes, or a directory that is
  /// renamed, changes it.
  private(set) var directories: [(path: FilePath, stamp: FileStamp)] = []

  /// More files than that are no compiler's; they would be hashed.
  static let mostFiles = 10_000

  /// Lists what a compiler's programs and things are made of.
  init(programs: [String: FilePath], things: [String: FilePath]) {
    for (name, path) in programs.sorted(by: { $0.key < $1.key }) {
      files.append((name, path))
      files += OwnLibraries.of(path).map { ("\(name)/\($0.lastComponent?.string ?? "")", $0) }
    }
    for (name, path) in things.sorted(by: { $0.key < $1.key }) {
      if (try? Descriptor.status(of: path).kind) == .directory {
        addContents(of: path, named: name)
      } else {
        files.append((name, path))
      }
    }
  }

  /// Adds the regular files below a directory, by their paths from there; more than ``mostFiles`` if there are more.
  private mutating func addContents(of directory: FilePath, named name: String) {
    var found: [String] = []
    var waiting = [""]
    // A link to a directory could lead around in a circle.
    var seen: Set<FileIdentity> = []
    while let folder = waiting.popLast(), found.count <= Self.mostFiles {
      let place = folder.isEmpty ? directory : directory.appending(folder)
      guard let open = try? Descriptor.openDirectory(place), let status = try? open.status(),
        seen.insert(status.stamp.identity).inserted, let names = try? open.names()
      else { continue }
      directories.append((place, status.stamp))
      for name in names {
        let path = folder.isEmpty ? name.string : "\(folder)/\(name.string)"
        switch try? open.status(of: name, followingLinks: true).kind {
        case .regular: found.append(path)
        case .directory: waiting.append(path)
        default: break
        }
      }
    }
    files += found.sorted().map { ("\(name)/\($0)", directory.appending($0)) }
  }

  /// The files that lie in a directory itself and have an ending, as `.c`.
  func files(in directory: String, endingWith ending: Substring) -> [FilePath] {
    files.filter { file in
      file.name.hasPrefix("\(directory)/") && file.name.hasSuffix(ending)
        && !file.name.dropFirst(directory.utf8.count + 1).contains("/")
    }.map(\.path)
  }
}
