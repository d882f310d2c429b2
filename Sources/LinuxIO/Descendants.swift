internal import Glibc
internal import SystemPackage

/// The processes that this one has started, and those that these have started.
package enum Descendants {
  /// Sends all of them a signal. One that is started meanwhile may be left out.
  package static func signal(_ number: Int32) {
    for id in all { kill(id, number) }
  }

  package static var all: [Int32] { all(of: getpid()) }

  private static func all(of ancestor: pid_t) -> [pid_t] {
    let children = Dictionary(grouping: processes(), by: \.parent).mapValues { $0.map(\.id) }
    var found = children[ancestor] ?? []
    var next = 0
    while next < found.count {
      found += children[found[next]] ?? []
      next += 1
    }
    return found
  }

  /// Every process that there is.
  private static func processes() -> [(id: pid_t, parent: pid_t)] {
    guard let directory = try? Descriptor.openDirectory("/proc"), let names = try? directory.names() else { return [] }
    return names.compactMap { name in
      guard let id = pid_t(name.string), let process = RunningProcess(id) else { return nil }
      return (id, process.parent)
    }
  }
}
