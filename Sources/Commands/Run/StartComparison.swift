/// How long it took until a program could start, with and without a cache.
struct StartComparison {
  let cachedNanoseconds: UInt64
  let coldNanoseconds: UInt64

  /// `ready to start in 2.31 ms from the cache, in 41.2 ms without it: 17.8 times as fast`
  var line: String {
    let cached = Quantities.duration(nanoseconds: cachedNanoseconds)
    let cold = Quantities.duration(nanoseconds: coldNanoseconds)
    let tenths = (10 * coldNanoseconds / max(1, cachedNanoseconds))
    return "ready to start in \(cached) from the cache, in \(cold) without it: \(tenths / 10).\(tenths % 10) times as fast"
  }
}
