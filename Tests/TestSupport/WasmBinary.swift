/// Small WebAssembly binaries, assembled byte by byte.
package enum WasmBinary {
  /// The preamble of a module and nothing else, which is a whole module.
  package static let empty: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

  /// The preamble of a component and nothing else, which is a whole component.
  package static let emptyComponent: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]

  /// A module whose exported function `value` returns `number`: each number gives another module.
  package static func returning(_ number: Int) -> [UInt8] {
    let body = [0x00, 0x41] + signedLEB128(number) + [0x0b]
    return empty
      + section(1, [0x01, 0x60, 0x00, 0x01, 0x7f])
      + section(3, [0x01, 0x00])
      + section(7, [0x01] + name("value") + [0x00, 0x00])
      + section(10, [0x01] + leb128(body.count) + body)
  }

  /// A module that reads well and does not validate: its function promises a number that it does not leave.
  package static let invalid =
    empty
    + section(1, [0x01, 0x60, 0x00, 0x01, 0x7f])
    + section(3, [0x01, 0x00])
    + section(10, [0x01, 0x02, 0x00, 0x0b])

  /// A module that uses a proposal which no release enables by itself: custom page sizes.
  package static let customPageSize = empty + section(5, [0x01, 0x08, 0x01, 0x00])

  /// A module of 12 kB with which Cranelift is busy for minutes: nested loops, each of which carries 1,000 locals.
  package static let compileBomb: [UInt8] = {
    let depth = 400
    let locals = 1000
    var body: [UInt8] = [0x01] + leb128(locals) + [0x7e]
    for _ in 0..<depth { body += [0x03, 0x40] }
    for local in 0..<locals {
      // local = local + another
      body += [0x20] + leb128(local) + [0x20] + leb128((local * 7 + 1) % locals) + [0x7c, 0x21] + leb128(local)
    }
    for level in 0..<depth {
      // The loop goes round again unless a local is zero.
      body += [0x20] + leb128(level) + [0xa7, 0x0d, 0x00, 0x0b]
    }
    body += [0x0b]
    return empty
      + section(1, [0x01, 0x60, 0x00, 0x00])
      + section(3, [0x01, 0x00])
      + section(10, [0x01] + leb128(body.count) + body)
  }()

  /// A module whose functions do nothing: four bytes each.
  package static func manyFunctions(_ count: Int) -> [UInt8] {
    empty
      + section(1, [0x01, 0x60, 0x00, 0x00])
      + section(3, leb128(count) + [UInt8](repeating: 0, count: count))
      + section(10, leb128(count) + (0..<count).flatMap { _ in [0x02, 0x00, 0x0b] as [UInt8] })
  }

  /// A module with a custom section, which means nothing.
  package static func padded(_ module: [UInt8], by count: Int) -> [UInt8] {
    module + section(0, name("padding") + [UInt8](repeating: 0, count: count))
  }

  package static func section(_ id: UInt8, _ contents: [UInt8]) -> [UInt8] { [id] + leb128(contents.count) + contents }

  /// A name as the binary format writes it: its length and its bytes.
  package static func name(_ text: String) -> [UInt8] { leb128(text.utf8.count) + Array(text.utf8) }

  private static func leb128(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = number
    repeat {
      let low = UInt8(rest & 0x7f)
      rest >>= 7
      bytes.append(rest == 0 ? low : low | 0x80)
    } while rest != 0
    return bytes
  }

  private static func signedLEB128(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = number
    while true {
      let low = UInt8(rest & 0x7f)
      rest >>= 7
      if (rest == 0 && low & 0x40 == 0) || (rest == -1 && low & 0x40 != 0) { return bytes + [low] }
      bytes.append(low | 0x80)
    }
  }
}
