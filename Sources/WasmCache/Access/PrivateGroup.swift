internal import LinuxIO
internal import Synchronization

/// Groups whose only member is the owner of the files that they have.
///
/// Debian, Fedora and others give each user such a group, and often a umask of 002 with it, so that directories which nobody
/// else can write to have mode 0775. The rule is that of Debian's OpenSSH for `authorized_keys` (`secure_permissions` in its
/// user-group-modes.patch): at least one account has the group as its own, and no other account is a member in any way.
///
/// The two files are read, and getgrgid(3) is not asked: it is not for several threads, which hosts have. Where accounts come
/// from elsewhere, too, such as a directory of the network, others may be members, and no group counts as private.
package enum PrivateGroup {
  private struct Question: Hashable {
    let group: UInt32
    let owner: UInt32
  }

  private static let known = Mutex<[Question: Bool]>([:])

  package static func isPrivate(_ group: UInt32, to owner: UInt32) -> Bool {
    let question = Question(group: group, owner: owner)
    if let answer = known.withLock({ $0[question] }) { return answer }
    let answer = isPrivate(
      group, to: owner, accounts: text("/etc/passwd"), groups: text("/etc/group"), sources: text("/etc/nsswitch.conf"))
    known.withLock { $0[question] = answer }
    return answer
  }

  /// - Parameters:
  ///   - accounts: the text of passwd(5).
  ///   - groups: the text of group(5).
  ///   - sources: the text of nsswitch.conf(5), which may be empty.
  static func isPrivate(
    _ group: UInt32, to owner: UInt32, accounts: String, groups: String, sources: String
  ) -> Bool {
    for line in lines(of: sources) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard let name = words.first, name == "passwd:" || name == "group:" else { continue }
      guard words.dropFirst().allSatisfy({ ["files", "compat", "systemd", "db"].contains($0) }) else { return false }
    }
    var names: Set<Substring> = []
    var isAnybodys = false
    for line in lines(of: accounts) {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      // `+` stands for accounts from elsewhere.
      guard fields.count >= 4, !line.hasPrefix("+"), let user = UInt32(fields[2]) else { return false }
      if user == owner { names.insert(fields[0]) }
      if UInt32(fields[3]) == group {
        if user != owner { return false }
        isAnybodys = true
      }
    }
    for line in lines(of: groups) {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 4, !line.hasPrefix("+") else { return false }
      if UInt32(fields[2]) == group, !fields[3].split(separator: ",").allSatisfy(names.contains) { return false }
    }
    return isAnybodys
  }

  private static func lines(of text: String) -> [Substring] {
    text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
  }

  /// Empty if it cannot be read: then no group is private.
  private static func text(_ path: String) -> String {
    guard let bytes = try? RegularFile(path).contents(limit: 16 << 20) else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
