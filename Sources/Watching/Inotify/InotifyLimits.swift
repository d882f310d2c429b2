internal import LinuxIO

/// The kernel's per-user limits; read from /proc because the library asks for a file that does not exist.
package enum InotifyLimits {
  /// A setting that limits the watches of a user, under the name that `sysctl` knows it by.
  package struct Watches: Hashable, Sendable {
    package var setting: String
    package var limit: Int
  }

  package static var maxQueuedEvents: Int? { read("fs.inotify.max_queued_events") }
  package static var maxUserInstances: Int? { read("fs.inotify.max_user_instances") }

  /// The lower of the two limits on watches: the machine's, and that of the user namespace (as in a container).
  package static var watches: Watches? {
    ["fs.inotify.max_user_watches", "user.max_inotify_watches"]
      .compactMap { setting in read(setting).map { Watches(setting: setting, limit: $0) } }
      .min { $0.limit < $1.limit }
  }

  private static func read(_ setting: String) -> Int? {
    let text = try? PseudoFile.text(at: "/proc/sys/" + setting.split(separator: ".").joined(separator: "/"))
    return text.flatMap { Int($0.prefix { $0.isNumber }) }
  }

  /// A limit that leaves room for `missing` more watches and some growth.
  static func sufficient(beyond limit: Int, missing: Int) -> Int {
    let wanted = limit + missing + missing / 4
    return (wanted / 1024 + 1) * 1024
  }
}
