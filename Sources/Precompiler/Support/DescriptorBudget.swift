internal import LinuxIO

/// How a run divides the open files that it may have (`ulimit -n`) among what could have any number of them.
struct DescriptorBudget {
  /// For each lane, artifacts on their way into the cache.
  let artifactsPerLane: Int
  /// Modules that wait to be compiled.
  let retainedModules: Int

  /// What a run has open in any case, and what each of its lanes has; counted, and doubled.
  private static let ownFiles = 48
  private static let filesPerLane = 8

  init(lanes: Int, limit: Int = Descriptor.limit) {
    let free = max(0, limit - Self.ownFiles - lanes * Self.filesPerLane)
    artifactsPerLane = max(1, free / 2 / lanes)
    retainedModules = free / 2
  }
}
