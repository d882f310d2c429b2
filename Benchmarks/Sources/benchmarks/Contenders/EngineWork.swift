/// What the engine alone did and took, as the process that did it tells it: on one line, in this order.
struct EngineWork {
  var artifacts = 0
  var artifactBytes = 0
  /// Processor time of all its threads, in nanoseconds.
  var processorNanoseconds = 0

  var line: String { "\(artifacts) \(artifactBytes) \(processorNanoseconds)" }

  var answer: String { "\(artifacts) artifacts, \(artifactBytes) bytes" }

  init() {}

  init(line: Substring) throws {
    let numbers = line.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 3 else { throw Failure("the engine alone said: \(line)") }
    artifacts = numbers[0]
    artifactBytes = numbers[1]
    processorNanoseconds = numbers[2]
  }

  /// Output is deterministic, so the tool's artifacts must have the same number and size.
  static func answer(artifactSizes sizes: some Collection<Int>) -> String {
    var work = EngineWork()
    work.artifacts = sizes.count
    work.artifactBytes = sizes.reduce(0, +)
    return work.answer
  }
}
