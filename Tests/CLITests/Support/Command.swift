import Foundation
import Glibc
import Testing

/// A program to run in a session of its own, with everything that surrounds it; nothing comes from the tests' process.
struct Command {
  /// A path, or a name to look up in the PATH.
  var program: String
  var arguments: [Argument]
  var environment: [String: String]
  var directory: String
  /// Seconds after which the whole session is killed and the test fails: nothing may hang.
  var deadline = 120.0
  /// A descriptor for the program's standard output in place of the captured file.
  var output: Int32?
  /// A descriptor for the program's standard error in place of the captured file.
  var errors: Int32?

  /// Puts a program in front that runs this one, such as `setpriv`.
  func wrapped(in wrapper: [Argument]) -> Command {
    guard let first = wrapper.first else { return self }
    var command = self
    command.program = first.text
    command.arguments = wrapper.dropFirst() + [Argument(program)] + arguments
    return command
  }

  func start(_ location: SourceLocation = #_sourceLocation) throws -> RunningCommand {
    try RunningCommand(self, location)
  }

  /// Runs the program to its end.
  func run(_ location: SourceLocation = #_sourceLocation) throws -> CommandResult { try start(location).wait() }
}

/// An argument with every byte that the kernel will pass on; file names need not be UTF-8.
struct Argument: ExpressibleByStringInterpolation, Sendable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }
  init(_ text: String) { bytes = Array(text.utf8) }
  init(stringLiteral text: String) { self.init(text) }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// How a command ended and what it said.
struct CommandResult {
  var ending: Ending
  var output: String
  var errors: String

  enum Ending: Hashable {
    case exited(Int32)
    case signalled(Int32)
  }

  var status: Int32? { if case .exited(let status) = ending { status } else { nil } }
  var outputLines: [String] { output.lines }
  var errorLines: [String] { errors.lines }
}

extension String {
  /// Without the last, which is empty.
  var lines: [String] { split(separator: "\n", omittingEmptySubsequences: true).map(String.init) }

  /// Times and amounts of bytes, which differ from run to run and machine to machine, replaced by `TIME` and `SIZE`.
  var masked: String {
    replacing(#/\d+ min \d+ s|\d+(\.\d+)? (µs|ms|s)\b/#, with: "TIME").replacing(
      #/\d+(\.\d+)? (B|[kMG]B)\b/#, with: "SIZE")
  }
}

extension Command {
  /// The same without the power to pass over permissions, which root has.
  var withoutPrivileges: Command {
    geteuid() == 0 ? wrapped(in: ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]) : self
  }
}
