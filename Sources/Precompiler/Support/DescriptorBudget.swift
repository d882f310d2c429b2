internal import LinuxIO

/// Divides the open files that a run may have (`ulimit -n`) among the parts that could have any number of them.
struct DescriptorBudget {
  /// Artifacts on their way into the cache, for each lane.
  let artifactsPerLane: Int
  /// Modules that wait to be compiled.
  let retainedModules: Int

  /// Files that a run has open in any case, and files that each of its lanes has. Both were counted, and doubled.
  private static let ownFiles = 48
  private static let filesPerLane = 8

  init(lanes: Int, limit: Int = Descriptor.limit) {
    let free = max(0, limit - Self.ownFiles - lanes * Self.filesPerLane)
    artifactsPerLane = max(1, free / 2 / lanes)
    retainedModules = free / 2
  }
}
