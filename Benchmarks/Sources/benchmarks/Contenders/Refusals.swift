/// Modules that the engine refuses, and its words for each: the tool must refuse the same ones, in these words.
enum Refusals {
  /// As the tool says it, and the engine alone, too.
  static func line(_ file: String, _ message: String) -> String { "\(file)\(middle)\(message)" }

  private static let middle = ": error: is not valid: "

  /// What ends an answer where modules are refused: how many, and a hash (FNV-1a, 64 bits) of the sorted lines.
  ///
  /// - Parameter count: how many there must be.
  static func ending(of run: ProcessRun, count: Int) throws -> String {
    if count == 0 { return "" }
    let lines = run.output.split(separator: "\n").filter { $0.contains(middle) }.sorted()
    guard lines.count == count else { throw Failure("\(run.name) refused \(lines.count) modules, not \(count)") }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in lines.joined(separator: "\n").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return ", \(count) refused in words \(String(hash, radix: 16))"
  }
}
