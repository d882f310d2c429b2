internal import Synchronization

/// The words of a command line, out of which the options of a group take what is theirs while the group is made.
///
/// It knows the spellings that programs use: `--name value`, `--name`, and a short name that stands alone. Whatever else there
/// is, and whatever is wrong, makes it ``isUnderstood`` no more.
final class CommandWords: Sendable {
  private struct State {
    /// Nil for those that were taken.
    var words: [String?]
    /// The places of words that begin with a dash, by word.
    var options: [String: [Int]] = [:]
    var given: GivenOptions = [:]
    var isUnderstood = true

    /// The places where an option stands, in order.
    mutating func takePlaces(_ name: String, _ short: Character?) -> [Int] {
      if options.isEmpty { return [] }
      let long = options.removeValue(forKey: "--" + name) ?? []
      guard let short else { return long }
      return (long + (options.removeValue(forKey: "-\(short)") ?? [])).sorted()
    }
  }

  private let state: Mutex<State>

  init(_ words: [String]) {
    // One by one: the runtime would convert the array with a cast of each word, for a twentieth of a millisecond.
    var state = State(words: words.map { $0 })
    for (place, word) in words.enumerated() where word.utf8.first == UInt8(ascii: "-") {
      state.options[word, default: []].append(place)
    }
    self.state = Mutex(state)
  }

  /// The options that were taken; a list's values are one array.
  var given: GivenOptions { state.withLock { $0.given } }

  /// The words that no option took; nil if there is something that the argument parser has to look at.
  var rest: [String]? {
    state.withLock { state in state.isUnderstood && state.options.isEmpty ? state.words.compactMap(\.self) : nil }
  }

  /// Takes a flag, however often it is given.
  ///
  /// - Returns: whether it was there.
  func takeFlag(_ name: String, _ short: Character?) -> Bool {
    state.withLock { state in
      let places = state.takePlaces(name, short)
      for place in places { state.words[place] = nil }
      return !places.isEmpty
    }
  }

  /// Takes an option's values, in the order in which they are given.
  func takeValues<Value>(_ name: String, _ short: Character? = nil, read: (String) -> Value?) -> [Value] {
    let texts = state.withLock { state in
      state.takePlaces(name, short).map { place -> String? in
        state.words[place] = nil
        let next = place + 1
        // What begins with a dash may be meant as a value or not.
        guard next < state.words.count, let text = state.words[next], text.utf8.first != UInt8(ascii: "-") else {
          return nil
        }
        state.words[next] = nil
        return text
      }
    }
    let values = texts.compactMap { $0.flatMap(read) }
    if values.count < texts.count { refuse() }
    return values
  }

  func note(_ name: String, _ value: any Sendable) { state.withLock { $0.given[name] = value } }

  /// Leaves the words to the argument parser, which says better what is wrong with them.
  func refuse() { state.withLock { $0.isUnderstood = false } }
}
