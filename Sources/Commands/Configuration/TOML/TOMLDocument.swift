/// A table that grows line by line. It refuses what TOML forbids: setting a key twice, and adding to a finished table.
struct TOMLDocument {
  private let root = Branch(.header)
  /// The table that the lines after a header belong to.
  private var current: Branch
  /// Counts headers. Keys with dots may go on with a table of theirs up to the next header.
  private var section = 0

  init() { current = root }

  var table: TOMLTable { root.table }

  /// `key = value`
  mutating func set(_ key: [String], to value: TOMLValue, line: Int) -> TOMLConflict? {
    var branch = current
    for (index, part) in key.dropLast().enumerated() {
      switch branch[part] {
      case nil: branch = branch.add(part, Branch(.dotted(section)), line: line)
      case .branch(let next):
        if next.origin == .header || next.isFinished(in: section) { return .finished(Array(key[...index])) }
        next.origin = .dotted(section)
        branch = next
      case .list: return .finished(Array(key[...index]))
      case .value: return .noTable(Array(key[...index]))
      }
    }
    guard let name = key.last, branch[name] == nil else { return .repeated(key) }
    branch.add(name, .value(value), line: line)
    return nil
  }

  /// `[key]`
  mutating func begin(_ key: [String], line: Int) -> TOMLConflict? {
    section += 1
    guard let name = key.last, let parent = parent(of: key, line: line) else { return .noTable(key) }
    switch parent[name] {
    case nil: current = parent.add(name, Branch(.header), line: line)
    case .branch(let branch) where branch.origin == .implied:
      branch.origin = .header
      current = branch
    case .branch, .list: return .begunTwice(key)
    case .value: return .repeated(key)
    }
    return nil
  }

  /// `[[key]]`
  mutating func beginListed(_ key: [String], line: Int) -> TOMLConflict? {
    section += 1
    guard let name = key.last, let parent = parent(of: key, line: line) else { return .noTable(key) }
    current = Branch(.header)
    switch parent[name] {
    case nil: parent.add(name, .list(BranchList(current)), line: line)
    case .list(let list): list.branches.append(current)
    case .branch: return .begunTwice(key)
    case .value: return .repeated(key)
    }
    return nil
  }

  /// The table that a header's last part is a name in; nil if there is something else.
  private func parent(of key: [String], line: Int) -> Branch? {
    var branch = root
    for part in key.dropLast() {
      switch branch[part] {
      case nil: branch = branch.add(part, Branch(.implied), line: line)
      case .branch(let next): branch = next
      case .list(let list): branch = list.branches[list.branches.endIndex - 1]
      case .value: return nil
      }
    }
    return branch
  }
}

/// Something that TOML forbids a line to do.
enum TOMLConflict: CustomStringConvertible {
  case repeated([String])
  case begunTwice([String])
  /// A key with dots goes into a table that a header began, or an earlier part of the document.
  case finished([String])
  /// A key goes into something that was set to a value.
  case noTable([String])

  var description: String {
    switch self {
    case .repeated(let key): "\(Self.text(key)) is set a second time"
    case .begunTwice(let key): "the table \(Self.text(key)) begins a second time"
    case .finished(let key): "nothing can be added to the table \(Self.text(key)) here"
    case .noTable(let key): "\(Self.text(key)) lies in what is no table, or one that is complete"
    }
  }

  private static func text(_ key: [String]) -> String { key.joined(separator: ".") }
}

/// A table that can grow.
private final class Branch {
  enum Origin: Equatable {
    /// A header below it named it.
    case implied
    case header
    /// Keys with dots named it, in a section of the document.
    case dotted(Int)
  }

  enum Item {
    case value(TOMLValue)
    case branch(Branch)
    case list(BranchList)
  }

  var origin: Origin
  private var items: [(key: String, item: Item, line: Int)] = []
  private var positions: [String: Int] = [:]

  init(_ origin: Origin) { self.origin = origin }

  subscript(_ key: String) -> Item? { positions[key].map { items[$0].item } }

  func add(_ key: String, _ item: Item, line: Int) {
    positions[key] = items.count
    items.append((key, item, line))
  }

  func add(_ key: String, _ branch: Branch, line: Int) -> Branch {
    add(key, .branch(branch), line: line)
    return branch
  }

  func isFinished(in section: Int) -> Bool {
    if case .dotted(let own) = origin { own != section } else { false }
  }

  var table: TOMLTable {
    TOMLTable(
      entries: items.map { key, item, line in
        let value: TOMLValue =
          switch item {
          case .value(let value): value
          case .branch(let branch): .table(branch.table)
          case .list(let list): .array(list.branches.map { .table($0.table) })
          }
        return TOMLTable.Entry(key: key, value: value, line: line)
      })
  }
}

/// The tables of a list; there is always one.
private final class BranchList {
  var branches: [Branch]

  init(_ first: Branch) { branches = [first] }
}
