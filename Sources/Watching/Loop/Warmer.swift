package import SystemPackage

/// Makes a batch of modules loadable: the seam between watching and compiling.
package protocol Warmer: Sendable {
  /// Works on a batch and says, from any thread and exactly once, what became of each path.
  ///
  /// It is not called again before that. A path left out counts as deferred.
  func warm(_ batch: WarmBatch, completion: @escaping @Sendable ([FilePath: WarmOutcome]) -> Void)

  /// Ends the running batch as soon as it can; its outcomes no longer matter, but `completion` is still called.
  func cancel()
}
