import Foundation
import TestSupport
import Testing

/// The order of a run's system calls, for however many artifacts are published together.
@Suite(.needs(Injection.isPossible, Injection.need)) struct PublicationOrderTests {
  /// No file gets a name in the cache before its bytes are on the disk, and no entry is made before its object.
  @Test(arguments: [["-j", "1"], ["-j", "2", "--backend", "winch", "--backend", "cranelift"]] as [[Argument]])
  func bytesComeBeforeNamesAndObjectsBeforeEntries(_ options: [Argument]) throws {
    try Sandbox.use { box in
      for number in 1...100 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let calls = "trace=write,fdatasync,syncfs,renameat,symlinkat"
      let run = try box.tool(options + ["."])
        .wrapped(in: ["strace", "-f", "-y", "-qq", "-s", "300", "-o", "\(box.path)/trace", "-e", .init(calls)]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      var order = PublicationOrder()
      for line in try String(contentsOfFile: "\(box.path)/trace", encoding: .utf8).lines { order.add(line) }
      #expect(order.violations == [])
      let artifacts = options.filter { $0.text == "--backend" }.count > 1 ? 200 : 100
      #expect(order.entries == artifacts)
      // Each of the engines has a description, too.
      #expect(order.renames == artifacts + artifacts / 100)
    }
  }
}

/// Reads strace's account of a run, and finds what came too early.
private struct PublicationOrder {
  private(set) var violations: [String] = []
  private(set) var entries = 0
  private(set) var renames = 0
  private var line = 0
  /// The call that each thread has begun, and the line on which it did.
  private var pending: [Substring: (call: String, line: Int)] = [:]
  /// Staged files that were written, and the line after which they were.
  private var written: [String: Int] = [:]
  private var durable: Set<String> = []
  private var objects: Set<String> = []

  mutating func add(_ text: String) {
    line += 1
    guard let space = text.firstIndex(of: " ") else { return }
    let thread = text[..<space]
    let rest = text[space...].drop { $0 == " " }
    if rest.hasPrefix("<... ") {
      guard let begun = pending.removeValue(forKey: thread) else { return }
      end(begun.call, since: begun.line, succeeded: succeeded(rest))
    } else if rest.hasSuffix(" <unfinished ...>") {
      let call = String(rest.dropLast(" <unfinished ...>".count))
      begin(call)
      pending[thread] = (call, line)
    } else {
      begin(String(rest))
      end(String(rest), since: line, succeeded: succeeded(rest))
    }
  }

  private func succeeded(_ text: Substring) -> Bool {
    guard let result = text.ranges(of: " = ").last else { return false }
    return text[result.upperBound...].first?.isNumber == true
  }

  private mutating func begin(_ call: String) {
    if call.hasPrefix("renameat(") {
      renames += 1
      if let file = paths(call).first, !durable.contains(file) {
        violations.append("named before it is durable: \(call)")
      }
    } else if call.hasPrefix("symlinkat(\"../../objects/") {
      let target = call.split(separator: "\"").dropFirst().first.map { String($0.dropFirst("../../objects/".count)) }
      if target.map({ !objects.contains($0) }) ?? true { violations.append("an entry before its object: \(call)") }
    }
  }

  private mutating func end(_ call: String, since begun: Int, succeeded: Bool) {
    guard succeeded else { return }
    if call.hasPrefix("write("), let file = descriptorPath(call), file.contains("/v1/tmp/") {
      written[file] = line
    } else if call.hasPrefix("fdatasync("), let file = descriptorPath(call) {
      durable.insert(file)
    } else if call.hasPrefix("syncfs(") {
      for (file, end) in written where end < begun { durable.insert(file) }
    } else if call.hasPrefix("renameat("), let new = paths(call).last, let place = new.firstRange(of: "/v1/objects/") {
      objects.insert(String(new[place.upperBound...]))
    } else if call.hasPrefix("symlinkat(\"../../objects/") {
      entries += 1
    }
  }

  /// The path that strace shows behind a call's first descriptor.
  private func descriptorPath(_ call: String) -> String? {
    guard let start = call.firstIndex(of: "<"), let end = call[start...].firstIndex(of: ">") else { return nil }
    return String(call[call.index(after: start)..<end])
  }

  /// The paths of names that are relative to descriptors: `3</a>, "b", 4</c>, "d"`.
  private func paths(_ call: String) -> [String] {
    let parts = call.split(separator: "<").dropFirst()
    return parts.compactMap { part in
      guard let end = part.firstIndex(of: ">") else { return nil }
      return part[end...].split(separator: "\"").dropFirst().first.map { "\(part[..<end])/\($0)" }
    }
  }
}
