/// Writes a function as compilers of C write them: arithmetic on locals of three types, memory accesses, branches, loops
/// and calls of earlier functions.
///
/// Source: WebAssembly core specification, "Binary Format", "Instructions".
struct FunctionGenerator {
  /// `(func (param i32 i32) (result i32))`
  static let type: [UInt8] = [0x60, 2, 0x7f, 0x7f, 1, 0x7f]

  private enum Value: Int, CaseIterable {
    case i32, i64, f64

    /// The locals that hold such values; of i32, the first two are parameters.
    var locals: Range<Int> {
      switch self {
      case .i32: 0..<6
      case .i64: 6..<9
      case .f64: 9..<12
      }
    }

    /// Instructions that make one value of two.
    var binary: [UInt8] {
      switch self {
      // add sub mul and or xor shl shr_s shr_u rotl, lt_s gt_u eq
      case .i32: [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x48, 0x4b, 0x46]
      // add sub mul and or xor shl shr_u rotl
      case .i64: [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89]
      // add sub mul div min
      case .f64: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4]
      }
    }

    /// Instructions that make a value of one of another type.
    var conversions: [(from: Value, code: [UInt8])] {
      switch self {
      // i32.wrap_i64, i32.trunc_sat_f64_s
      case .i32: [(.i64, [0xa7]), (.f64, [0xfc, 0x02])]
      // i64.extend_i32_s, i64.extend_i32_u
      case .i64: [(.i32, [0xac]), (.i32, [0xad])]
      // f64.convert_i32_s, f64.convert_i64_s
      case .f64: [(.i32, [0xb7]), (.i64, [0xb9])]
      }
    }

    var load: UInt8 { [0x28, 0x29, 0x2b][rawValue] }
    var store: UInt8 { [0x36, 0x37, 0x39][rawValue] }
  }

  /// Locals that count loops, one for each depth.
  private static let counters = 12..<14

  private var generator: RepeatableGenerator
  private let index: Int
  private var code: [UInt8] = []

  /// - Parameter index: the function's index; it calls functions of lower ones.
  init(seed: UInt64, index: Int) {
    generator = RepeatableGenerator(seed: seed)
    self.index = index
  }

  /// The function's locals and at least `length` bytes of instructions.
  mutating func body(length: Int) -> [UInt8] {
    // Besides the parameters: 4 × i32, 3 × i64, 3 × f64, 2 × i32.
    code = [4, 4, 0x7f, 3, 0x7e, 3, 0x7c, 2, 0x7f]
    while code.count < length { statement(depth: 0) }
    expression(.i32, depth: 2)
    code.append(0x0b)
    return code
  }

  // MARK: Statements

  private mutating func statement(depth: Int) {
    switch generator.below(12) {
    case 0 where depth < 3: branch(depth: depth)
    case 1 where depth < Self.counters.count: loop(depth: depth)
    case 2 where index > 0: call()
    case 3, 4: store()
    default: assignment()
    }
  }

  private mutating func assignment() {
    let type = anyType()
    expression(type, depth: 3)
    local(0x21, anyLocal(type))
  }

  private mutating func store() {
    let type = anyType()
    address()
    expression(type, depth: 2)
    memoryAccess(type.store)
  }

  private mutating func call() {
    expression(.i32, depth: 1)
    expression(.i32, depth: 1)
    code.append(0x10)
    code.append(unsigned: generator.below(index))
    local(0x21, anyLocal(.i32))
  }

  private mutating func branch(depth: Int) {
    expression(.i32, depth: 2)
    code += [0x04, 0x40]
    statements(depth: depth + 1)
    if generator.oneIn(2) {
      code.append(0x05)
      statements(depth: depth + 1)
    }
    code.append(0x0b)
  }

  /// Counts a local down from its low bits to zero.
  private mutating func loop(depth: Int) {
    let counter = Self.counters.lowerBound + depth
    local(0x20, anyLocal(.i32))
    code += [0x41, 15, 0x71]
    local(0x21, counter)
    code += [0x03, 0x40]
    statements(depth: depth + 1)
    local(0x20, counter)
    code += [0x41, 1, 0x6b]
    local(0x22, counter)
    code += [0x41, 0, 0x4a, 0x0d, 0, 0x0b]
  }

  private mutating func statements(depth: Int) {
    for _ in 0...generator.below(3) { statement(depth: depth) }
  }

  // MARK: Expressions

  private mutating func expression(_ type: Value, depth: Int) {
    switch depth == 0 ? generator.below(4) : 4 + generator.below(8) {
    case 0: constant(type)
    case 1...3: local(0x20, anyLocal(type))
    case 4:
      address()
      memoryAccess(type.load)
    case 5:
      let conversion = type.conversions[generator.below(type.conversions.count)]
      expression(conversion.from, depth: depth - 1)
      code += conversion.code
    case 6: local(0x20, anyLocal(type))
    default:
      expression(type, depth: depth - 1)
      expression(type, depth: depth - 1)
      code.append(type.binary[generator.below(type.binary.count)])
    }
  }

  private mutating func constant(_ type: Value) {
    switch type {
    case .i32:
      code.append(0x41)
      code.append(signed: generator.below(1000) - 500)
    case .i64:
      code.append(0x42)
      code.append(signed: generator.below(1_000_000) - 500_000)
    case .f64:
      code.append(0x44)
      let bits = Double(generator.below(1000)).bitPattern
      code += (0..<8).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
    }
  }

  /// An address inside the memory: a local's low 16 bits.
  private mutating func address() {
    local(0x20, anyLocal(.i32))
    code.append(0x41)
    code.append(signed: 0xffff)
    code.append(0x71)
  }

  private mutating func memoryAccess(_ instruction: UInt8) {
    code += [instruction, 0]
    code.append(unsigned: generator.below(64) * 8)
  }

  private mutating func local(_ instruction: UInt8, _ local: Int) {
    code.append(instruction)
    code.append(unsigned: local)
  }

  private mutating func anyType() -> Value {
    // Most of what programs compute with is i32.
    generator.oneIn(2) ? .i32 : Value.allCases[generator.below(Value.allCases.count)]
  }

  private mutating func anyLocal(_ type: Value) -> Int { type.locals.lowerBound + generator.below(type.locals.count) }
}
