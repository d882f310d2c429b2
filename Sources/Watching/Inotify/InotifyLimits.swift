internal import SystemPackage

/// The kernel's per-user limits; read from /proc because the library asks for a file that does not exist.
package enum InotifyLimits {
  package static var maxUserWatches: Int? { read("max_user_watches") }
  package static var maxQueuedEvents: Int? { read("max_queued_events") }
  package static var maxUserInstances: Int? { read("max_user_instances") }

  private static func read(_ name: String) -> Int? {
    let path = FilePath("/proc/sys/fs/inotify").appending(name)
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
    defer { try? file.close() }
    let text = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
      String(decoding: buffer.prefix((try? file.read(into: buffer)) ?? 0), as: UTF8.self)
    }
    return Int(text.prefix { $0.isNumber })
  }

  /// A limit that leaves room for `missing` more watches and some growth.
  static func sufficient(beyond limit: Int, missing: Int) -> Int {
    let wanted = limit + missing + missing / 4
    return (wanted / 1024 + 1) * 1024
  }
}
