/// Rows of text in columns as wide as their widest cell.
struct TextTable {
  enum Alignment { case left, right }

  private let columns: [Alignment]
  private var rows: [[String]] = []

  init(_ columns: [Alignment]) { self.columns = columns }

  mutating func append(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = columns.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return columns[column] == .left ? row[column] + space : space + row[column]
      }
      let line = cells.joined(separator: "  ")
      // The last column needs no filling.
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }
}
