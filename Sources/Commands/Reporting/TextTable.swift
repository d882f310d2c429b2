/// Rows of text in columns as wide as their widest cell, but for cells that are far too wide and stick out.
struct TextTable {
  enum Alignment { case left, right }

  private let columns: [Alignment]
  private var rows: [[String]] = []

  init(_ columns: [Alignment]) { self.columns = columns }

  mutating func append(_ row: [String]) { rows.append(row) }

  /// Appends a row of two cells, of which the second has several lines.
  mutating func append(_ name: String, _ lines: [String]) {
    for (number, line) in lines.enumerated() { append([number == 0 ? name : "", line]) }
  }

  /// A foreign file's name may be a million characters long. It must not fill all lines with spaces.
  private static let widest = 160

  var text: String { Self.text(columns, rows) }

  /// The text for a terminal of so many columns: cells of the first column lose their beginnings where rows are too wide.
  ///
  /// - Parameter width: nil if it does not go to a terminal.
  func text(width: Int?) -> String {
    let widths = widths
    let others = widths.dropFirst().reduce(0) { $0 + 2 + $1 }
    // The last column of a terminal stays free, and a name of less than this says nothing.
    guard let width, let first = widths.first, first + others >= width, width - 1 - others >= Self.narrowest else {
      return text
    }
    return Self.text(columns, rows.map { [$0[0].fittingEnd(columns: width - 1 - others)] + $0.dropFirst() })
  }

  private static let narrowest = 12

  private var widths: [Int] { Self.widths(columns, rows) }

  private static func widths(_ columns: [Alignment], _ rows: [[String]]) -> [Int] {
    columns.indices.map { column in rows.lazy.map { $0[column].columns }.filter { $0 <= widest }.max() ?? 0 }
  }

  private static func text(_ columns: [Alignment], _ rows: [[String]]) -> String {
    let widths = widths(columns, rows)
    var text = ""
    for row in rows {
      // The last cell of a line is not filled up.
      let last = columns.indices.last { !row[$0].isEmpty } ?? 0
      for column in 0...last {
        let cell = row[column]
        let space = String(repeating: " ", count: max(0, widths[column] - cell.columns))
        if column > 0 { text += "  " }
        if columns[column] == .right { text += space }
        text += cell
        if columns[column] == .left && column < last { text += space }
      }
      text += "\n"
    }
    return text
  }
}
