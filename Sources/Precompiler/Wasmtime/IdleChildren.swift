internal import LinuxIO
internal import Synchronization
internal import WasmEngine

/// Keeps compile children that have nothing to do, for the next of several runs: starting one takes longer than compiling
/// a small module.
package final class IdleChildren: Sendable {
  private struct Place {
    let identities: [EngineIdentity]
    let lanes: Int
    let worker: CompileChild
  }

  private let places = Mutex<[Place]>([])

  package init() {}

  /// A child that was prepared for the same engine; nil if there is none that lives.
  func take(for work: CompileStage) -> CompileChild? {
    places.withLock { places in
      // A library that was replaced will not be asked for again.
      places.removeAll { $0.identities != work.identities || $0.lanes != work.lanes || $0.worker.hasEnded }
      return places.popLast()?.worker
    }
  }

  func put(_ worker: CompileChild, from work: CompileStage) {
    places.withLock { $0.append(Place(identities: work.identities, lanes: work.lanes, worker: worker)) }
  }
}
