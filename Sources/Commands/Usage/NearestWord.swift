extension [String] {
  /// The word that the user probably meant; nil if none is near.
  ///
  /// - Parameter limit: how many letters may differ.
  func nearest(to word: String, within limit: Int) -> String? {
    let length = word.count
    // Words of too different a length are out without a look: the given word may be a megabyte.
    let distances = filter { abs($0.count - length) <= limit }.map { (word: $0, distance: $0.distance(to: word)) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    return nearest.distance <= limit ? nearest.word : nil
  }

  /// The word that the user probably meant: one that was mistyped, or one that was typed in part.
  func likely(for word: String) -> String? {
    if let near = nearest(to: word, within: Swift.max(1, word.count / 3)) { return near }
    let begun = word.count < 3 ? [] : filter { $0.hasPrefix(word) || word.hasPrefix($0) && $0.count >= 3 }
    return begun.min { $0.count < $1.count }
  }
}

extension String {
  /// How many letters must be inserted, removed, replaced or swapped with the next to make one the other (optimal string
  /// alignment).
  fileprivate func distance(to other: String) -> Int {
    let target = Array(other)
    var before: [Int] = []
    var row = Array(0...target.count)
    var previous: Character?
    for (index, letter) in enumerated() {
      var next = [index + 1]
      for column in target.indices {
        var best = Swift.min(
          row[column] + (letter == target[column] ? 0 : 1), row[column + 1] + 1, next[column] + 1)
        if column > 0, letter == target[column - 1], previous == target[column] {
          best = Swift.min(best, before[column - 1] + 1)
        }
        next.append(best)
      }
      (before, row, previous) = (row, next, letter)
    }
    return row[target.count]
  }
}
