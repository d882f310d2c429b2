/// Limits to what may stay in a cache.
package struct EvictionLimits: Sendable {
  /// Bytes of all artifacts.
  package var size: Int64?
  /// Nanoseconds since an artifact's last use.
  package var age: Int64?
  /// The space that is to be free on the cache's file system.
  package var free: FreeSpace?
  /// The builds of today's compilers by backend, in hexadecimal. Artifacts of other builds of these backends go; a backend
  /// that is not named here cannot be judged, and its artifacts stay. Nil keeps those of all.
  package var currentBuilds: [String: Set<String>]?
  /// By backend, whether today's compiler would make what an engine's directory has in the same way. Artifacts of these backends
  /// go as those of other builds do where it would not: something else helped to make them, or it was called otherwise.
  package var wouldMake: [String: @Sendable (EngineDescription) -> Bool] = [:]

  /// The modules whose artifacts go, and nothing else; nil if other limits decide.
  package var modules: (@Sendable (WasmHash) -> Bool)?

  package enum FreeSpace: Hashable, Sendable {
    case bytes(Int64)
    /// A part of the file system's size.
    case percent(Double)

    func bytes(ofTotal total: Int64) -> Int64 {
      switch self {
      case .bytes(let bytes): bytes
      case .percent(let percent): Int64(Double(total) * percent / 100)
      }
    }
  }

  package init() {}

  /// Whether another compiler made what an engine's directory has than there is today, as far as today's is known.
  func isOld(_ engine: EngineDescription) -> Bool {
    guard let builds = currentBuilds?[engine.backend] else { return false }
    if !builds.contains(engine.build) { return true }
    return wouldMake[engine.backend].map { !$0(engine) } ?? false
  }

  /// Nothing may stay.
  package static let nothing: EvictionLimits = {
    var limits = EvictionLimits()
    limits.size = 0
    return limits
  }()
}
