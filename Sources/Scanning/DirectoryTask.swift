/// One directory that is to be listed.
struct DirectoryTask: Sendable {
  /// Its index among all directories of the scan.
  let id: Int
  /// The directory that it was found in; nil for a root.
  let parent: Int?
  let root: Int
  /// As it is opened and reported: the root as it was given, then the names below it. Ends with NUL.
  let path: [UInt8]
  /// Where in the path of a file of this root the part relative to the root begins.
  let relativeStart: Int
  /// Whether it was asked for as it is, as a root or through a link that is to be followed, so that it may be a link.
  let isStart: Bool

  /// The directory that a root names; `path` ends with NUL.
  static func root(_ root: Int, path: [UInt8], id: Int) -> DirectoryTask {
    let separator = path.dropLast().last == UInt8(ascii: "/") ? 0 : 1
    return DirectoryTask(
      id: id, parent: nil, root: root, path: path, relativeStart: path.count - 1 + separator, isStart: true)
  }

  /// A directory in this one, or with `isStart` a link to one.
  func child(_ name: ArraySlice<UInt8>, id: Int, isStart: Bool) -> DirectoryTask {
    DirectoryTask(
      id: id, parent: self.id, root: root, path: path(of: name, terminated: true), relativeStart: relativeStart,
      isStart: isStart)
  }

  /// Without NUL.
  var pathBytes: ArraySlice<UInt8> { path.dropLast() }

  /// Without a slash at either end; empty for a root.
  var relativePath: ArraySlice<UInt8> { pathBytes.dropFirst(relativeStart) }

  /// The path of something in this directory, with NUL at its end if it is to be `terminated`.
  func path(of name: some Collection<UInt8>, terminated: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(path.count + name.count + 1)
    bytes += pathBytes
    if bytes.last != UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
    bytes += name
    if terminated { bytes.append(0) }
    return bytes
  }
}
