package import WasmCache

/// One module to compile for one target.
package struct Job: Sendable {
  package let content: ModuleContent
  package let target: CompileTarget
  package let reason: MissReason

  package init(content: ModuleContent, target: CompileTarget, reason: MissReason) {
    self.content = content
    self.target = target
    self.reason = reason
  }
}

/// A job as a key: a module and a target.
package struct JobKey: Hashable, Sendable {
  private let module: WasmHash
  private let target: ObjectIdentifier

  package init(_ module: WasmHash, _ target: CompileTarget) {
    self.module = module
    self.target = ObjectIdentifier(target)
  }

  package init(_ job: Job) { self.init(job.content.facts.hash, job.target) }
}

/// The work of a run: what has to be done, and what has not.
package struct Plan: Sendable {
  /// Every distinct module, in the order found.
  package let contents: [ModuleContent]
  /// The jobs in the order in which to start them: targets in their order, and for each the largest modules first, so
  /// that no long compilation is left for last.
  package private(set) var jobs: [Job] = []
  /// The artifacts that exist: positions in ``contents``, and the target of each.
  package private(set) var upToDate: [(content: Int, target: CompileTarget)] = []
  /// How many of those are in a lower cache.
  package let fromLowerCaches: Int

  /// Takes the jobs as they are known after another machine was asked.
  mutating func judge(_ judged: (Job) -> Job) { jobs = jobs.map(judged) }

  /// - Parameters:
  ///   - lookups: one for each target.
  ///   - force: compile what the cache has, too.
  init(_ contents: [ModuleContent], _ targets: [CompileTarget], _ lookups: [TargetLookups], force: Bool) {
    self.contents = contents
    fromLowerCaches = force ? 0 : lookups.reduce(0) { $0 + $1.fromLowerCaches }
    for (target, lookups) in zip(targets, lookups) {
      var missing: [Job] = []
      for position in contents.indices {
        // The reason why it is missing says more than that it is forced.
        if let reason = lookups[position] ?? (force ? .forced : nil) {
          missing.append(Job(content: contents[position], target: target, reason: reason))
        } else {
          upToDate.append((position, target))
        }
      }
      // The sort is stable for equal sizes, so that two runs start alike.
      jobs += missing.enumerated()
        .sorted { ($1.element.content.facts.size, $0.offset) < ($0.element.content.facts.size, $1.offset) }
        .map(\.element)
    }
  }
}
