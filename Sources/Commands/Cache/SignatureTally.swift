internal import WasmCache

/// What `cache verify --signatures` found, in numbers.
struct SignatureTally {
  /// Good signatures, by the names of the keys' files.
  private var good: [String: Int] = [:]
  /// Artifacts that none of the keys has signed.
  private(set) var refused = 0

  mutating func add(_ key: VerificationKey) { good[key.name, default: 0] += 1 }

  mutating func addRefused() { refused += 1 }

  /// `signatures: 3 good (2 by ci.pub, 1 by old.pub), 1 without a trusted signature`
  var summary: String {
    let keys = good.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key.printable)" }
    let detail = keys.isEmpty ? "" : " (\(keys.joined(separator: ", ")))"
    let rest = refused > 0 ? ", \(refused) without a trusted signature" : ""
    return "signatures: \(good.values.reduce(0, +)) good\(detail)\(rest)"
  }

  var json: JSON { ["good": JSON(good.values.reduce(0, +)), "refused": JSON(refused)] }
}
