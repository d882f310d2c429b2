internal import SystemPackage

/// The watched directories that decide where the roots' paths lead.
struct RootGuards {
  private struct Guard: Hashable {
    var root: Int
    /// The name in the directory that matters; `nil` when only the directory itself does.
    var name: FilePath.Component?
  }

  private var guards: [Int32: Set<Guard>] = [:]

  func use(_ descriptor: Int32) -> Bool { guards[descriptor] != nil }

  /// Roots whose path may lead elsewhere after the event.
  func roots(touchedBy event: InotifyEvent) -> [Int] {
    guard let here = guards[event.watch] else { return [] }
    let isGone = !event.mask.isDisjoint(with: [.itself, .ignored, .unmount])
    return here.filter { isGone || (event.name != nil && $0.name == event.name) }.map(\.root)
  }

  /// Makes `root` depend on `dependencies` only, and returns descriptors that no root depends on any more.
  mutating func replace(
    root: Int, with dependencies: [(descriptor: Int32, name: FilePath.Component?)]
  ) -> [Int32] {
    let before = guards.filter { $0.value.contains { $0.root == root } }.map(\.key)
    for descriptor in before { guards[descriptor] = guards[descriptor]?.filter { $0.root != root } }
    for (descriptor, name) in dependencies { guards[descriptor, default: []].insert(Guard(root: root, name: name)) }
    let unused = before.filter { guards[$0]?.isEmpty ?? true }
    for descriptor in unused { guards[descriptor] = nil }
    return unused
  }

  /// Forgets a descriptor that the kernel gave up.
  mutating func remove(_ descriptor: Int32) { guards[descriptor] = nil }
}
