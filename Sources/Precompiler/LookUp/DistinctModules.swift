internal import Scanning
internal import WasmCache

/// Gathers files by their contents.
struct DistinctModules {
  private let scan: ScanResult
  private(set) var contents: [ModuleContent] = []
  /// Positions in `contents` by hash, open-addressed and at most two thirds full: six bytes a module, where a dictionary
  /// takes a hundred.
  private var slots: [UInt32]
  private static let free = UInt32.max

  /// - Parameter limit: at least the number of files that will be added.
  init(of scan: ScanResult, limit: Int) {
    self.scan = scan
    contents.reserveCapacity(limit)
    slots = Array(repeating: Self.free, count: limit + limit / 2 + 1)
  }

  /// - Parameter file: its place in the scan.
  mutating func add(_ file: Int, _ facts: ModuleFacts) {
    var slot = Int(facts.hash.firstWord.multipliedFullWidth(by: UInt64(slots.count)).high)
    while slots[slot] != Self.free {
      let position = Int(slots[slot])
      if contents[position].facts.hash == facts.hash {
        contents[position].add(scan[file])
        return
      }
      slot = slot + 1 == slots.count ? 0 : slot + 1
    }
    slots[slot] = UInt32(contents.count)
    contents.append(ModuleContent(facts, in: scan[file]))
  }
}
