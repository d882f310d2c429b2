import Confinement
import Glibc
import LinuxIO
import SystemPackage
import TestSupport

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

/// What a test of compile children needs: programs that note which processes they became, and shorthands.
struct ChildFixture {
  let directory: TemporaryDirectory
  let cancellation = Cancellation()

  init() throws { directory = try TemporaryDirectory() }

  // MARK: Programs

  /// A script after whose first lines the process's id is noted and `$start` says which start this is, from 1.
  func program(_ script: String) throws -> ChildProgram {
    let path = try directory.writeProgram(
      """
      cd '\(directory.path)'
      echo $$ >> started
      start=$(wc -l < started)
      \(script)
      """, to: "program")
    return ChildProgram(executable: path.string)
  }

  /// The real compile child.
  func program() throws -> ChildProgram { try program(Self.real) }

  /// What ends a script that becomes the real compile child.
  static var real: String { get throws { "exec '\(try BuiltExecutable.path())' \"$@\"" } }

  /// A child that reads each request, answers the prepared bytes behind the request's number, and says no more after the last.
  ///
  /// - Parameter after: shell commands after each answer; the answer is in the file `answer`.
  func program(answering replies: [[UInt8]], after: String = "") throws -> ChildProgram {
    for (index, reply) in replies.enumerated() { try directory.write(reply, to: "reply-\(index)") }
    return try program(
      """
      for reply in \((0..<replies.count).map { "reply-\($0)" }.joined(separator: " ")); do
        dd bs=70000 count=1 of=request <&3 2> /dev/null
        { head -c \(QuestionNumber.size) request; cat $reply; } > answer
        dd bs=1000000 count=1 if=answer >&3 2> /dev/null
        \(after)
      done
      dd bs=65536 count=1 of=/dev/null <&3 2> /dev/null
      dd bs=65536 count=1 of=/dev/null <&3 2> /dev/null
      """)
  }

  /// The processes that the program became, in the order of their start.
  var processes: [pid_t] {
    guard let text = try? [UInt8](contentsOf: directory("started")) else { return [] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { pid_t($0) }
  }

  /// Those of them that still live or were not reaped.
  var leftOver: [pid_t] { processes.filter { kill($0, 0) == 0 } }

  // MARK: Workers

  static func engine(_ version: String = EngineUnderTest.version) throws -> EngineFile {
    try engine(at: EngineUnderTest.library(version))
  }

  static func engine(at path: FilePath) throws -> EngineFile {
    try EngineFile(EngineLocation(path: path, origin: .option))
  }

  func start(_ program: ChildProgram, _ policy: ConfinementPolicy = ConfinementPolicy()) throws -> CompileChild {
    try CompileChild.start(program, policy, cancellation: cancellation)
  }

  /// What a child says of itself that the kernel confined as far as can be.
  static let confined = Confinement(landlock: 7, filtersSystemCalls: true)

  /// A real child, ready to compile.
  func ready(
    _ settings: [EngineSettings] = [EngineSettings(backend: .cranelift)], version: String = EngineUnderTest.version,
    threads: Int = 1, policy: ConfinementPolicy = ConfinementPolicy()
  ) throws -> CompileChild {
    let worker = try start(program(), policy)
    _ = try worker.prepare(Self.engine(version), settings: settings, threads: threads, deadline: Self.patience)
    return worker
  }

  /// A deadline that no child reaches unless a test fails, which then ends all the same.
  static var patience: MonotonicInstant { .now().adding(seconds: 60) }
}

extension CompileChild {
  /// Compiles and gives the artifact's bytes.
  ///
  /// - Parameter isSmall: whether the module goes to the child in a message, and not in a file.
  func compile(
    _ module: [UInt8], isSmall: Bool = false, as kind: ModuleKind = .coreModule, settingsIndex: Int = 0,
    threads: Int = 1, deadline: MonotonicInstant = ChildFixture.patience
  ) throws -> [UInt8] {
    let contents: ModuleContents =
      isSmall ? .small(module) : .file(try MemoryFile.sealed(name: "module", module))
    let artifact = try compile(
      contents, size: module.count, as: kind, settingsIndex: settingsIndex, threads: threads, deadline: deadline)
    return Array(artifact.contents.bytes)
  }
}

/// Waits until a process has worked for some hundredths of a second, which a child does once it compiles a bomb.
func waitUntilBusy(_ process: pid_t) throws {
  func ticks() throws -> Int {
    let text = String(decoding: try [UInt8](contentsOf: FilePath("/proc/\(process)/stat")), as: UTF8.self)
    // The fields after the name, which is in parentheses: the 12th and 13th are user and system time.
    let fields = text.split(separator: ")").last?.split(separator: " ").compactMap { Int($0) } ?? []
    return fields.count > 11 ? fields[10] + fields[11] : 0
  }
  let start = try ticks()
  while try ticks() < start + 3 { sched_yield() }
}
