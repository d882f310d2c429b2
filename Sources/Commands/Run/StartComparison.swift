internal import LinuxIO

/// The time until a program can start, with and without the cache.
struct StartComparison {
  let cachedNanoseconds: UInt64
  let coldNanoseconds: UInt64

  /// Gets a module either way, reports how long each took, and gives the one from the cache.
  static func load(with loader: ProgramLoader) throws -> LoadedProgram {
    // Filling the cache is no part of a start from it, so it is done first.
    let first = try loader.load()
    guard first.isFromCache else {
      Output.error.write("nothing to compare: the cache cannot be used\n")
      return first
    }
    let start = MonotonicInstant.now()
    let cached = try loader.load()
    let middle = MonotonicInstant.now()
    _ = try loader.compile(with: cached.engine)
    let comparison = StartComparison(
      cachedNanoseconds: middle.nanoseconds(since: start),
      coldNanoseconds: MonotonicInstant.now().nanoseconds(since: middle))
    Output.error.write(comparison.line + "\n")
    return cached
  }

  /// `ready to start in 2.31 ms from the cache, in 41.2 ms without it: 17.8 times as fast`
  var line: String {
    let cached = Quantities.duration(nanoseconds: cachedNanoseconds)
    let cold = Quantities.duration(nanoseconds: coldNanoseconds)
    let tenths = (10 * coldNanoseconds / max(1, cachedNanoseconds))
    return
      "ready to start in \(cached) from the cache, in \(cold) without it: \(tenths / 10).\(tenths % 10) times as fast"
  }
}
