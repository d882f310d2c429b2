import TestSupport

/// More modules than all tests share.
extension WasmBinary {
  /// A module that takes the optimizing compiler a long time in spite of its size: loops in each other over a thousand
  /// locals. Depth 20 takes half a second, depth 200 more than half a minute.
  static func bomb(depth: Int) -> [UInt8] {
    var body: [UInt8] = [0x01] + number(1000) + [0x7f]
    for _ in 0..<depth { body += [0x03, 0x40] }
    for local in 0..<1000 { body += [0x20] + number(local) + [0x41, 0x01, 0x6a, 0x21] + number(local) }
    for _ in 0..<depth { body += [0x20, 0x00, 0x0d, 0x00, 0x0b] }
    body += [0x0b]
    return empty + section(1, [0x01, 0x60, 0x00, 0x00]) + section(3, [0x01, 0x00])
      + section(10, [0x01] + number(body.count) + body)
  }

  /// Adds weight to a module that takes no time to compile: a custom section of zeros.
  static func heavy(_ module: [UInt8] = returning(42), size: Int) -> [UInt8] {
    module + section(0, name("x") + [UInt8](repeating: 0, count: size))
  }

  /// `(module (type (func)) (type (cont 0)))`
  static let stackSwitching = empty + section(1, [0x02, 0x60, 0x00, 0x00, 0x5d, 0x00])
  /// `(module (memory 1 1 shared))`
  static let threads = empty + section(5, [0x01, 0x03, 0x01, 0x01])
  /// `(module (func return_call 0))`
  static let tailCalls =
    empty + section(1, [0x01, 0x60, 0x00, 0x00]) + section(3, [0x01, 0x00])
    + section(10, [0x01, 0x04, 0x00, 0x12, 0x00, 0x0b])

  /// Unsigned LEB128.
  private static func number(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f | 0x80)] + number(value >> 7)
  }
}
