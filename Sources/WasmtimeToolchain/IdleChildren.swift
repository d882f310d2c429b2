internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import WasmCache

/// Keeps compile children that have nothing to do, for the next of several runs: starting one takes longer than compiling
/// a small module.
package final class IdleChildren: Sendable {
  private struct Place {
    let identities: [ArtifactIdentity]
    let origin: ModuleOrigin
    let lanes: Int
    let child: CompileChild
  }

  /// Those that were put here first come first.
  private let places = Mutex<[Place]>([])

  package init() {}

  /// A child that was prepared for the same engine and has met modules of the same origin only; nil if there is none that
  /// lives.
  func take(for identities: [ArtifactIdentity], _ origin: ModuleOrigin, lanes: Int) -> CompileChild? {
    places.withLock { places in
      // A library that was replaced will not be asked for again.
      places.removeAll { $0.identities != identities || $0.lanes != lanes || $0.child.hasEnded }
      return places.lastIndex { $0.origin == origin }.map { places.remove(at: $0).child }
    }
  }

  /// Keeps a child, if modules of its origin can come again. No more children are kept than a run has lanes.
  ///
  /// - Returns: whether it is kept.
  func put(_ child: CompileChild, for identities: [ArtifactIdentity], _ origin: ModuleOrigin, lanes: Int) -> Bool {
    if origin.isOfOneModule { return false }
    // Ending a child takes a while, and nobody else shall wait for it.
    let superfluous = places.withLock { places in
      places.append(Place(identities: identities, origin: origin, lanes: lanes, child: child))
      let count = max(0, places.count - lanes)
      defer { places.removeFirst(count) }
      return Array(places.prefix(count))
    }
    _ = consume superfluous
    return true
  }
}
