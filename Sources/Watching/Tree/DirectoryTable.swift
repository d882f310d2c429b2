internal import LinuxIO
internal import SystemPackage

/// All directories of a watch, found by what an event or a listing knows of them.
struct DirectoryTable {
  private(set) var byIdentity: [FileIdentity: WatchedDirectory] = [:]
  private var byDescriptor: [Int32: WatchedDirectory] = [:]
  private var polled: [ObjectIdentifier: WatchedDirectory] = [:]
  private(set) var count = 0

  subscript(descriptor: Int32) -> WatchedDirectory? { byDescriptor[descriptor] }
  subscript(identity: FileIdentity) -> WatchedDirectory? { byIdentity[identity] }

  var polledDirectories: [WatchedDirectory] { Array(polled.values) }
  var polledCount: Int { polled.count }

  func contains(_ directory: WatchedDirectory) -> Bool {
    switch directory.coverage {
    case .watched(let descriptor): byDescriptor[descriptor] === directory
    case .polled: polled[ObjectIdentifier(directory)] != nil
    }
  }

  mutating func insert(_ directory: WatchedDirectory) {
    count += 1
    cover(directory)
    // An alias must not hide the directory that has the watch.
    if directory.coverage != .polled(.alias) { byIdentity[directory.identity] = directory }
  }

  mutating func remove(_ directory: WatchedDirectory) {
    guard contains(directory) else { return }
    count -= 1
    uncover(directory)
    if byIdentity[directory.identity] === directory { byIdentity[directory.identity] = nil }
  }

  /// Goes from polling to watching.
  mutating func promote(_ directory: WatchedDirectory, to descriptor: Int32) {
    uncover(directory)
    directory.coverage = .watched(descriptor)
    cover(directory)
  }

  /// Every module that was seen, for comparing two states of the whole tree.
  var files: Set<FilePath> {
    var paths: Set<FilePath> = []
    for directory in Array(byDescriptor.values) + Array(polled.values) {
      for name in directory.files.keys { paths.insert(directory.path(of: name)) }
    }
    return paths
  }

  private mutating func cover(_ directory: WatchedDirectory) {
    switch directory.coverage {
    case .watched(let descriptor): byDescriptor[descriptor] = directory
    case .polled: polled[ObjectIdentifier(directory)] = directory
    }
  }

  private mutating func uncover(_ directory: WatchedDirectory) {
    switch directory.coverage {
    case .watched(let descriptor): byDescriptor[descriptor] = nil
    case .polled: polled[ObjectIdentifier(directory)] = nil
    }
  }
}
