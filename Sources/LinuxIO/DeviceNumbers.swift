internal import Synchronization

/// The numbers that stand for devices in stamps, where they are others than the kernel's; see ``ImageFileSystems``.
enum DeviceNumbers {
  /// For each device that was met, the number to use instead; nil for none.
  private static let others = Mutex<[UInt64: UInt64?]>([:])
  private static let areAny = Atomic(false)
  /// The device that was met last. Most are met again and again.
  private static let last = Atomic(UInt64.max)

  static func number(of device: UInt64) -> UInt64 {
    areAny.load(ordering: .relaxed) ? others.withLock { ($0[device] ?? nil) ?? device } : device
  }

  static func forget() {
    others.withLock { $0 = [:] }
    last.store(.max, ordering: .relaxed)
    areAny.store(false, ordering: .relaxed)
  }

  static func wasMetLast(_ device: UInt64) -> Bool { last.load(ordering: .relaxed) == device }

  /// Notes a device, unless it is known.
  ///
  /// - Parameter other: gives the number to use instead; nil for none.
  /// - Returns: whether there is another number from now on.
  static func meet(_ device: UInt64, other: () -> UInt64?) -> Bool {
    let isNew = others.withLock { others in
      if others[device] != nil { return false }
      let number = other()
      others[device] = .some(number)
      guard let number else { return false }
      // A stamp may have the number already when its device is met.
      others[number] = .some(nil)
      return true
    }
    if isNew { areAny.store(true, ordering: .relaxed) } else { last.store(device, ordering: .relaxed) }
    return isNew
  }
}
