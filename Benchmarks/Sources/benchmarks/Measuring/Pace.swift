internal import Dispatch
internal import Synchronization

/// How fast the machine is just now. One that is shared with others is slower at times, by a tenth or by half, for seconds or for
/// hours, and nothing that it says of itself tells so.
enum Pace {
  /// Seconds that a fixed work takes which all processors do at once: arithmetic, and memory larger than a core's own caches.
  static func seconds(processors: Int) -> Double {
    let start = Clock.wall
    DispatchQueue.concurrentPerform(iterations: processors) { number in
      var state = UInt64(number)
      var numbers = [UInt64](repeating: 1, count: size)
      for _ in 0..<steps {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        numbers[Int(state >> 45)] &+= state
      }
      // What nobody reads would not be done.
      sum.wrappingAdd(numbers[Int(state >> 45)], ordering: .relaxed)
    }
    return Double(Clock.wall - start) / 1e9
  }

  /// 4 MB of numbers, which 19 bits number.
  private static let size = 1 << 19
  private static let steps = 1 << 21
  private static let sum = Atomic<UInt64>(0)
}
