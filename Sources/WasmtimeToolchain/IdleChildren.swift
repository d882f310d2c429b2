internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// Keeps compile children that have nothing to do, for the next of several runs: starting one takes longer than compiling
/// a small module.
package final class IdleChildren: Sendable {
  private struct Place {
    let identities: [ArtifactIdentity]
    let lanes: Int
    let child: CompileChild
  }

  private let places = Mutex<[Place]>([])

  package init() {}

  /// A child that was prepared for the same engine; nil if there is none that lives.
  func take(for identities: [ArtifactIdentity], lanes: Int) -> CompileChild? {
    places.withLock { places in
      // A library that was replaced will not be asked for again.
      places.removeAll { $0.identities != identities || $0.lanes != lanes || $0.child.hasEnded }
      return places.popLast()?.child
    }
  }

  func put(_ child: CompileChild, for identities: [ArtifactIdentity], lanes: Int) {
    places.withLock { $0.append(Place(identities: identities, lanes: lanes, child: child)) }
  }
}
