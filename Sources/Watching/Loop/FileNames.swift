internal import LinuxIO
internal import SystemPackage

/// Which names are one file's (hard links), as far as that was seen.
struct FileNames {
  private var files: [FilePath: FileIdentity] = [:]
  private var names: [FileIdentity: Set<FilePath>] = [:]

  mutating func note(_ found: [FilePath: FileIdentity]) {
    for (path, file) in found where files[path] != file {
      remove(path)
      files[path] = file
      names[file, default: []].insert(path)
    }
  }

  mutating func remove(_ path: FilePath) {
    guard let file = files.removeValue(forKey: path) else { return }
    names[file]?.remove(path)
    if names[file]?.isEmpty == true { names[file] = nil }
  }

  /// The other names of the file that a name stood for.
  func others(of path: FilePath) -> Set<FilePath> {
    guard let file = files[path], let all = names[file], all.count > 1 else { return [] }
    return all.subtracting([path])
  }
}
