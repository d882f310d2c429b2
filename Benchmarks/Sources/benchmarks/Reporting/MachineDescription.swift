internal import Glibc

/// What decides how fast things are here: the machine, and the versions of everything measured.
struct MachineDescription {
  let facts: [(name: String, value: String)]

  init(of site: Site) {
    facts = [
      ("date", Self.date),
      ("processor", "\(Self.line(of: "/proc/cpuinfo", "model name") ?? "unknown")\(Self.hashing)"),
      ("cores", "\(site.cores)"),
      ("memory", Self.memory),
      ("system", Self.system),
      ("disk", Self.disk(of: site)),
      ("wasmprecompile", Self.firstLine(site, [site.tool, "--version"]) + Self.commit(at: site)),
      ("engine", Self.engines(of: site)),
      ("corpus", site.corpus.map { "the distinct modules of \($0)" } ?? "generated modules"),
      ("compiler", Self.version(site, "swift", ["--version"])),
      ("git", Self.version(site, "git", ["--version"])),
      ("openssl", Self.version(site, "openssl", ["version"])),
      ("ninja", Self.pinnedNinja(at: site)),
    ]
  }

  private static var date: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)), "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }

  /// The instructions for SHA-256 decide what hashing costs.
  private static var hashing: String {
    let flags = line(of: "/proc/cpuinfo", "flags") ?? line(of: "/proc/cpuinfo", "Features") ?? ""
    let hasHashing = flags.split(separator: " ").contains { $0 == "sha_ni" || $0 == "sha2" }
    return hasHashing ? ", with SHA instructions" : ", without SHA instructions"
  }

  private static var memory: String {
    let kibibytes = line(of: "/proc/meminfo", "MemTotal").flatMap { $0.split(separator: " ").first }.flatMap {
      Double($0)
    }
    return kibibytes.map { "\(Int(($0 * 1024 / 1e9).rounded())) GB" } ?? "unknown"
  }

  private static var system: String {
    let name = text("/etc/os-release").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
    let kernel = text("/proc/sys/kernel/osrelease").prefix { $0 != "\n" }
    return "\(name?.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" } ?? "unknown"), Linux \(kernel)"
  }

  private static func disk(of site: Site) -> String {
    guard let program = try? site.program("df") else { return "unknown" }
    let run = try? site.launcher.succeed([program, "--output=fstype,source,size", "--block-size=GB", site.scratch])
    return run.map { $0.lastLine.split(separator: " ").joined(separator: ", ") } ?? "unknown"
  }

  private static func commit(at site: Site) -> String {
    guard let git = try? site.program("git"),
      let commit = try? site.launcher.succeed([git, "rev-parse", "--short", "HEAD"]).lastLine,
      let changes = try? site.launcher.succeed([git, "status", "--short", "--", "..", ":!."]).output
    else { return "" }
    return ", commit \(commit)\(changes.isEmpty ? "" : " with changes")"
  }

  /// What the tool says of the backend that has the most to say.
  private static func engines(of site: Site) -> String {
    guard let run = try? site.launcher.succeed([site.tool, "engines"]) else { return "unknown" }
    let line = run.output.split(separator: "\n").first { $0.hasPrefix("cranelift") }
    return line.map { $0.split(separator: " ").dropFirst().joined(separator: " ") } ?? "unknown"
  }

  private static func pinnedNinja(at site: Site) -> String {
    let pin = text("\(site.peers)/requirements.txt").split(separator: "\n").first { $0.hasPrefix("ninja==") }
    return pin.map { String($0.dropFirst("ninja==".count).prefix { $0 != " " }) } ?? "unknown"
  }

  private static func version(_ site: Site, _ name: String, _ arguments: [String]) -> String {
    guard let program = try? site.program(name) else { return "not there" }
    return firstLine(site, [program] + arguments)
  }

  private static func firstLine(_ site: Site, _ command: [String]) -> String {
    let run = try? site.launcher.succeed(command)
    return run?.output.split(separator: "\n").first.map(String.init) ?? "not there"
  }

  /// The value of the first line `name : value`.
  private static func line(of path: String, _ name: String) -> String? {
    let line = text(path).split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { $0.split(separator: ":", maxSplits: 1).last }.map { String($0.drop { $0 == " " }) }
  }

  private static func text(_ path: String) -> String {
    (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
