internal import LinuxIO
package import SystemPackage

/// The settings that make, or a program that stands in for it, passes to its commands in the variable MAKEFLAGS.
///
/// Source: GNU make manual, "Communicating Options to a Sub-make" and "Sharing Job Slots with GNU make".
package struct MakeFlags: Hashable, Sendable {
  /// `make -n`: only say what would be done; `make -t` only touches what would be made.
  package private(set) var isDryRun = false
  /// `make -q`: only say, by the exit status, whether there is anything to do.
  package private(set) var isQuestion = false
  /// `make -s`: do not say what is done.
  package private(set) var isSilent = false
  /// Where the tokens of its jobserver are; nil if it has none.
  package private(set) var jobserver: JobserverAddress?

  package init() {}

  /// - Parameter text: the variable's bytes, since a path is in there.
  package init(_ text: some Sequence<UInt8>) {
    let words = Self.words(Array(text))
    // Flags of one letter come first, together and without a dash; the first word is empty if there are none.
    if let flags = words.first, !flags.starts(with: "-".utf8), !flags.contains(UInt8(ascii: "=")) {
      isDryRun = flags.contains(UInt8(ascii: "n")) || flags.contains(UInt8(ascii: "t"))
      isQuestion = flags.contains(UInt8(ascii: "q"))
      isSilent = flags.contains(UInt8(ascii: "s"))
    }
    // The words after two dashes are variables, which may hold anything.
    for word in words.prefix(while: { !$0.elementsEqual("--".utf8) }) {
      // The second name is from releases before 4.2.
      for option in ["--jobserver-auth=", "--jobserver-fds="] where word.starts(with: option.utf8) {
        jobserver = JobserverAddress(word.dropFirst(option.utf8.count))
      }
    }
  }

  /// The words between spaces; a backslash takes away a space's meaning, or its own.
  private static func words(_ text: [UInt8]) -> [[UInt8]] {
    var words: [[UInt8]] = [[]]
    var isEscaped = false
    for byte in text {
      if isEscaped || byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\\") {
        words[words.count - 1].append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: " ") {
        words.append([])
      } else {
        isEscaped = true
      }
    }
    return words
  }
}

/// Where a jobserver's tokens are.
package enum JobserverAddress: Hashable, Sendable {
  /// Inherited descriptors of a pipe's two ends: make up to 4.3, and later ones if they are told so.
  case pipe(reading: Int32, writing: Int32)
  /// The path of a FIFO: make from 4.4 on.
  case fifo(FilePath)
  /// There is one, but not for this program.
  case withheld
  /// A kind that came later.
  case unknown

  fileprivate init(_ text: some Collection<UInt8>) {
    if text.starts(with: "fifo:".utf8) {
      self = .fifo(FilePath(bytes: Array(text.dropFirst(5))))
      return
    }
    let numbers = String(decoding: text, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
      .map { Int32($0) }
    guard numbers.count == 2, let reading = numbers[0], let writing = numbers[1] else {
      self = .unknown
      return
    }
    self = reading < 0 || writing < 0 ? .withheld : .pipe(reading: reading, writing: writing)
  }
}
