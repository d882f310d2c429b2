import Foundation
import Glibc
import TestSupport
import Testing

/// Faults that strace(1) puts into system calls: they happen where no disk has to be broken and no moment be guessed.
enum Injection {
  /// ptrace(2) may be forbidden, in containers for example.
  static let isPossible =
    (try? Command(
      program: "strace", arguments: ["-qq", "-o", "/dev/null", "true"],
      environment: ["PATH": "/usr/bin:/bin"], directory: "/"
    ).run().ending) == .exited(0)
  static let need = "strace and the right to trace (ptrace)"
}

extension Command {
  /// Runs the program with a fault in its system calls, which has to happen: each is in strace's account of the run.
  ///
  /// - Parameters:
  ///   - fault: as strace's `inject` has it, such as `write:error=ENOSPC:when=2`; `when` counts for each thread. Death, too:
  ///     `write:signal=KILL`.
  ///   - inChildren: whether in what it starts, too.
  func run(
    injecting fault: String, inChildren: Bool = false, _ location: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    let call = String(fault.prefix { $0 != ":" })
    let trace = TemporaryRoot.path + "/" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: trace) }
    // Children are let go of when they become another program.
    let reach: [Argument] = inChildren ? [] : ["-b", "execve"]
    let result = try wrapped(
      in: ["strace", "-f"] + reach + ["-qq", "-o", .init(trace), "-e", "trace=\(call)", "-e", "inject=\(fault)"]
    ).run(location)
    let lines = String(decoding: FileManager.default.contents(atPath: trace) ?? Data(), as: UTF8.self).lines
    if fault.contains("signal=KILL") {
      #expect(result.ending == .signalled(SIGKILL), "\(fault): \(result.errors)", sourceLocation: location)
      // The call from which it did not return.
      let last = lines.contains {
        $0.hasSuffix(" = ?") && ($0.contains(" \(call)(") || $0.contains(" <... \(call) resumed>"))
      }
      #expect(last, "\(fault) was not what killed it:\n\(lines.suffix(9))", sourceLocation: location)
    } else {
      let happened = lines.contains { $0.hasSuffix("(INJECTED)") || $0.hasSuffix("(INJECTED: args)") }
      #expect(happened, "\(fault) never happened:\n\(lines.suffix(9))", sourceLocation: location)
    }
    return result
  }
}
