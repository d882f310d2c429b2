import Foundation
import Glibc
import Synchronization

/// What /proc tells of processes. Of compile children only root may see everything: they are not dumpable.
enum Processes {
  /// The sandboxes' marks by the sessions that their commands lead.
  private static let sessions = Mutex<[pid_t: String]>([:])

  static func remember(session: pid_t, of mark: String) { sessions.withLock { $0[session] = mark } }

  /// The living processes whose environment carries a sandbox's mark, or where that is not to be seen, those of its sessions.
  static func marked(_ mark: String) -> [pid_t] {
    let wanted = Data("\(Sandbox.markName)=\(mark)\0".utf8)
    return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter {
      id in
      // Empty for processes that have ended and wait to be reaped.
      if let environment = FileManager.default.contents(atPath: "/proc/\(id)/environ") {
        return environment.range(of: wanted) != nil
      }
      return session(id).map { session in sessions.withLock { $0[session] == mark } } ?? false
    }
  }

  private static func session(_ id: pid_t) -> pid_t? {
    let text = FileManager.default.contents(atPath: "/proc/\(id)/stat").map { String(decoding: $0, as: UTF8.self) }
    // After the name, which is in parentheses: state, parent, process group, session.
    let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 3 ? pid_t(fields[3]) : nil
  }

  static func parent(_ id: pid_t) -> pid_t? {
    let status = FileManager.default.contents(atPath: "/proc/\(id)/status").map { String(decoding: $0, as: UTF8.self) }
    return status?.lines.first { $0.hasPrefix("PPid:") }.flatMap {
      pid_t($0.dropFirst(5).trimmingCharacters(in: .whitespaces))
    }
  }

  /// One letter, as ps shows it; nil if there is no such process.
  static func state(_ id: pid_t) -> String? { state(of: "\(id)") }

  private static func state(of name: String) -> String? {
    let status = FileManager.default.contents(atPath: "/proc/\(name)/status").map {
      String(decoding: $0, as: UTF8.self)
    }
    return status?.lines.first { $0.hasPrefix("State:\t") }.map { String($0.dropFirst(7).prefix(1)) }
  }

  /// Whether a compile child was passed a file in memory to write an artifact to. Where its files are not to be seen, what
  /// counts is whether it does anything while its parent has such a file: without work, all its threads sleep.
  static func isCompiling(_ id: pid_t) -> Bool {
    hasArtifact(id) ?? (parent(id).flatMap(hasArtifact) == true && isBusy(id))
  }

  private static func isBusy(_ id: pid_t) -> Bool { threads(id).contains { state(of: "\(id)/task/\($0)") != "S" } }

  /// How many modules a process has open in memory.
  static func modulesInMemory(_ id: pid_t) -> Int { files(of: id)?.count { $0.hasPrefix("/memfd:module") } ?? 0 }

  private static func threads(_ id: pid_t) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
  }

  /// Nil if that is not to be seen.
  private static func hasArtifact(_ id: pid_t) -> Bool? {
    files(of: id)?.contains { $0.hasPrefix("/memfd:artifact") }
  }

  private static func files(of id: pid_t) -> [String]? {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")
    return names?.compactMap { Int($0) }.compactMap { file(of: id, descriptor: $0) }
  }

  /// Whether a process is gone, or waits to be reaped.
  static func hasEnded(_ id: pid_t) -> Bool {
    guard let text = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return true }
    // The state follows the name, which is in parentheses.
    return String(decoding: text, as: UTF8.self).split(separator: ")").last?.hasPrefix(" Z") ?? true
  }

  /// What a process has open under a number.
  static func file(of id: pid_t, descriptor: Int) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/fd/\(descriptor)")
  }

  /// Whether a process has a file open whose path ends so.
  static func hasOpen(_ id: pid_t, _ end: String) -> Bool { files(of: id)?.contains { $0.hasSuffix(end) } ?? false }

  /// Whether a process runs whose command line has a text in it.
  static func areThere(with text: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.contains { commandLine($0).contains(text) }
  }

  static func commandLine(_ id: pid_t) -> String {
    let words = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
    return "\(id): " + String(decoding: words, as: UTF8.self).replacing("\0", with: " ")
  }
}
