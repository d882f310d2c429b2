internal import Confinement
internal import FoundationEssentials
internal import LinuxIO
internal import SystemPackage

/// What the supervisor of a compiler's programs is asked for, as one message. Beside it come the module and the file for the
/// artifact, if there are any.
struct ProgramOrder: Codable {
  /// One after the other; the paths of programs first.
  var commands: [[String]]
  /// The state in which each program's file must be, by its path: what was hashed is what runs.
  var executables: [String: FileState]
  /// `NAME=VALUE`; ``home`` stands for the private directory.
  var environment: [String]
  /// Files to be there, by their names.
  var texts: [String: String] = [:]
  /// The name of the module's file; nil if there is no module.
  var input: String?
  /// The name of the file that is to be made; nil if none is.
  var output: String?
  /// What the programs may read besides the system.
  var readable: [String]
  var limits: ProgramConfinement.Limits
  /// Bytes that all processes together may have in memory.
  var memory: Int
  /// Bytes of everything that they may have in the private directory.
  var space: Int
  /// Bytes of the largest artifact.
  var largestOutput: Int
  /// After so many milliseconds everything ends.
  var milliseconds: Int

  static let home = "\u{1}home"
  static let longest = 200_000

  var encoded: [UInt8]? { (try? JSONEncoder().encode(self)).map { Array($0) } }

  init?(_ bytes: [UInt8]) {
    guard let order = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
    self = order
  }

  init(
    commands: [[String]], executables: [String: FileState], environment: [String], readable: [String],
    limits: ProgramConfinement.Limits, memory: Int, space: Int, largestOutput: Int, milliseconds: Int
  ) {
    self.commands = commands
    self.executables = executables
    self.environment = environment
    self.readable = readable
    self.limits = limits
    self.memory = memory
    self.space = space
    self.largestOutput = largestOutput
    self.milliseconds = milliseconds
  }
}

extension ProgramOrder {
  /// What tells one state of a file from another, wherever it is looked at. How devices are numbered is each process's own.
  struct FileState: Codable, Hashable {
    private let inode: UInt64
    private let size: Int64
    private let modified: Int64
    private let changed: Int64

    init(_ stamp: FileStamp) {
      inode = stamp.inode
      size = stamp.size
      modified = stamp.modified
      changed = stamp.changed
    }
  }
}

/// What became of an order.
struct ProgramReport: Codable {
  enum Result: Codable, Hashable {
    /// Every command ended with status 0, and the output was copied; bytes.
    case done(size: Int)
    /// - Parameters:
    ///   - command: its number.
    ///   - how: `exited with status 1`.
    case failed(command: Int, how: String)
    /// Every command ended with status 0, and there is no output that can be used.
    case withoutOutput(why: String)
    case tooLarge
    case timedOut
    /// The private directory has more in it than is allowed.
    case fillsDisk
    /// All processes together have more in memory than is allowed.
    case fillsMemory
    /// A program is not the one that was hashed.
    case replaced
    /// More processes at the same time than these.
    case startsTooMany(Int)
    /// A program, or what it needs, could not be started.
    case notStarted(call: String, errno: Int32)
    case cannotWork(call: String, errno: Int32)
  }

  var result: Result
  /// What the programs wrote to standard error, or else to standard output.
  var words: String = ""
  /// Standard output of the last program alone.
  var output: String = ""
  var missing: [String] = []
  var nanoseconds: UInt64 = 0

  var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map { Array($0) } ?? [] }

  init(_ result: Result) { self.result = result }

  init(_ error: SystemError) { self.init(.cannotWork(call: error.call, errno: error.errno.rawValue)) }

  init?(_ bytes: [UInt8]) {
    guard let report = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
    self = report
  }
}
