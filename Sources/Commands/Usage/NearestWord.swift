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
}

extension String {
  /// How many letters must be inserted, removed or replaced to make one the other (Levenshtein).
  fileprivate func distance(to other: String) -> Int {
    let target = Array(other)
    var row = Array(0...target.count)
    for (index, letter) in enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in target.indices {
        let replaced = diagonal + (letter == target[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = Swift.min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[target.count]
  }
}
