internal import Synchronization

/// Does a command's work; if it cannot be done, the last line says so.
///
/// - Parameter lines: nil if the output is for people, who read standard error.
func reportingFailure<Result>(
  to lines: JSONLines?, _ body: () throws(RunFailure) -> Result
) throws(RunFailure) -> Result {
  do { return try body() } catch {
    lines?.fail(error)
    throw error
  }
}

/// The output of `--format json`: one object a line on standard output. Its member `type` says what it tells of.
///
/// The first, `start`, has the number of the schema that all of them follow: `output.schema.json` beside this file, which
/// the tests hold the program to and `make install` brings along. A program that reads the lines must pass over types and
/// members that it does not know: new ones leave the number as it is, which rises when something is left out or changes
/// its meaning. The last, `summary`, says that nothing is missing.
final class JSONLines: Sendable {
  static let schema = 1

  let output: Output
  /// Lines of several threads must not mingle.
  private let order = Mutex(())

  /// - Parameters:
  ///   - command: the command's name, such as `cache list`.
  ///   - isFirst: whether nothing was written of it yet.
  init(_ command: String, to output: Output = .standard, isFirst: Bool = true) {
    self.output = output
    guard isFirst else { return }
    Self.isBegun.store(true, ordering: .relaxed)
    write([
      "type": "start", "schema": .number(Self.schema), "command": .string(command),
      "version": .string(Program.version),
    ])
    write(contentsOf: Self.early.withLock { $0.drain() })
  }

  /// What was to be told before there was a first line: settings are read before a command begins.
  private static let early = Mutex<[JSON]>([])

  /// Tells a line right after the first one.
  static func writeEarly(_ line: JSON) { early.withLock { $0.append(line) } }

  /// Whether objects were begun, and whether a failure is among them.
  static let isBegun = Atomic(false)
  static let hasFailed = Atomic(false)

  /// Says that the command's work could not be done.
  func fail(_ failure: RunFailure) {
    Self.hasFailed.store(true, ordering: .relaxed)
    write(JSON(failure))
  }

  func write(_ line: JSON) { write(contentsOf: CollectionOfOne(line)) }

  /// Writes many lines at once.
  func write(contentsOf lines: some Sequence<JSON>) {
    var bytes: [UInt8] = []
    for line in lines {
      line.write(to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    order.withLock { _ in output.write(bytes) }
  }
}

extension [JSON] {
  fileprivate mutating func drain() -> [JSON] {
    defer { self = [] }
    return self
  }
}
