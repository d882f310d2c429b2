internal import Glibc

/// What this program itself does with files, outside of all measurements.
enum Files {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The size in bytes of the file at the end of all symbolic links; nil if there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// The path from the root, symbolic links resolved.
  static func resolved(_ path: String) throws -> String {
    guard let text = realpath(path, nil) else { throw Failure(systemCall: path) }
    defer { free(text) }
    return String(cString: text)
  }

  /// The names in a directory, sorted.
  static func names(in directory: String) throws -> [String] {
    var names: [String] = []
    try forEachName(in: directory) { names.append($0) }
    return names.sorted()
  }

  /// Gives each name in a directory to `body`, in no order, and keeps none.
  static func forEachName(in directory: String, _ body: (String) throws -> Void) throws {
    guard let stream = opendir(directory) else { throw Failure(systemCall: "opendir \(directory)") }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { text in
        text.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != "." && name != ".." { try body(name) }
    }
  }

  static func read(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure(systemCall: "open \(path)") }
    defer { close(file) }
    // Files in /proc do not tell their size, so it is only where to begin.
    var bytes = [UInt8](repeating: 0, count: max(4096, (size(path) ?? 0) + 1))
    var count = 0
    while true {
      if count == bytes.count { bytes += [UInt8](repeating: 0, count: count) }
      let room = bytes.count - count
      let read = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + count }, room) }
      guard read >= 0 else { throw Failure(systemCall: "read \(path)") }
      if read == 0 { return Array(bytes[..<count]) }
      count += read
    }
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Failure(systemCall: "open \(path)") }
    defer { close(file) }
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard count > 0 else { throw Failure(systemCall: "write \(path)") }
        rest = rest.dropFirst(count)
      }
    }
  }

  static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// Makes a directory and those above it that are missing.
  static func makeDirectory(_ path: String) throws {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw Failure(systemCall: "mkdir \(path)")
    }
    try makeDirectory(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Failure(systemCall: "mkdir \(path)") }
  }

  static func move(_ path: String, to target: String) throws {
    guard rename(path, target) == 0 else { throw Failure(systemCall: "rename \(path)") }
  }
}
