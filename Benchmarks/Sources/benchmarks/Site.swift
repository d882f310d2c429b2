internal import Glibc
internal import SystemPackage

/// Where everything is: the tool under test, its engine, the inputs, and room for what the benchmarks make.
struct Site {
  /// The tool under test.
  let tool: String
  /// The directory of the peers' sources.
  let peers: String
  /// This program, which is also the engine's peer, see ``EngineAloneCommand``.
  let itself: String
  /// The library that the tool compiles with, which the engine alone is measured with, too.
  let engine: String
  /// Real modules; some may be equal. Nil if there are none here.
  let corpus: String?
  /// Holds everything that the benchmarks build; kept from run to run, and may be deleted.
  let scratch: String
  let launcher: Launcher

  /// The number of processors that the tool will use.
  let cores = Site.availableProcessors()

  init(tool: String, corpus: String?, peers: String, scratch: String) throws {
    guard Files.exists(tool) else {
      throw Failure("\(tool) is missing: run everything with `make -C Benchmarks`")
    }
    try Files.makeDirectory(scratch)
    self.tool = try Files.resolved(tool)
    itself = try Files.resolved("/proc/self/exe")
    self.corpus = corpus
    self.peers = peers
    self.scratch = try Files.resolved(scratch)
    let named = getenv("WASMPRECOMPILE_ENGINE").map { String(cString: $0) } ?? ""
    engine = named.isEmpty ? Self.installedEngine(beside: self.tool) : named
    guard Files.exists(engine) else {
      throw Failure("no engine \(engine): build it with `make -C .. build`, or name it with WASMPRECOMPILE_ENGINE")
    }
    launcher = try Launcher(outputPath: self.scratch + "/output")
    try remove(aside)
  }

  /// The library that an installation or a build has for its tool.
  private static func installedEngine(beside tool: String) -> String {
    let prefix = FilePath(tool).removingLastComponent().removingLastComponent()
    return prefix.appending("lib/wasmprecompile/libwasmtime.so").string
  }

  /// A second release of the engine, which the Makefile fetches.
  func otherEngine() throws -> String {
    let release = "../.build/engines/wasmtime-48.0.0/wasmtime"
    guard let platform = try Files.names(in: release).first(where: { $0.hasPrefix("linux-") }) else {
      throw Failure("no engine in \(release)")
    }
    return try Files.resolved("\(release)/\(platform)/_libwasmtime.so")
  }

  /// A directory below the scratch directory, which is built unless it is there.
  ///
  /// - Parameter build: fills the directory whose path it is given.
  func directory(_ name: String, build: (_ path: String) throws -> Void) throws -> String {
    let path = "\(scratch)/\(name)"
    if Files.exists(path) { return path }
    let partial = "\(path).partial"
    try remove(partial)
    try Files.makeDirectory(partial)
    Progress.say("building \(name)")
    try build(partial)
    try Files.move(partial, to: path)
    return path
  }

  /// Removes a directory tree or a file, if it is there.
  func remove(_ path: String) throws {
    if Files.exists(path + "/.") { removals.last = Clock.wall }
    try launcher.succeed([try program("rm"), "-rf", path])
  }

  private let removals = Removals()

  /// When a directory tree was removed.
  private final class Removals {
    var last: Int?
  }

  /// Waits until removed files no longer cost new ones anything: for a minute and more, ext4 looks at the inode of each of
  /// them whenever it makes a file, because it does not give that inode away again so soon.
  func waitUntilRemovalsAreForgotten() {
    guard let last = removals.last else { return }
    let left = (last + 100_000_000_000 - Clock.wall) / 1_000_000_000
    removals.last = nil
    if left <= 0 { return }
    Progress.say("waiting \(left) s, until the file system has forgotten what was removed")
    sleep(UInt32(left))
  }

  /// Gets a directory out of the way, if it is there, and leaves its removal to the next start.
  func setAside(_ path: String) throws {
    guard Files.exists(path) else { return }
    try Files.makeDirectory(aside)
    try Files.move(path, to: "\(aside)/\(UInt64.random(in: .min ... .max))")
  }

  private var aside: String { "\(scratch)/aside" }

  /// Waits until everything written so far is on the disk, so that it does not get in the way of what is measured next.
  func settle() { sync() }

  /// The path of a program of this system, so that what is timed does not look for it.
  func program(_ name: String) throws -> String {
    let directories = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    for directory in directories.split(separator: ":") where access("\(directory)/\(name)", X_OK) == 0 {
      return "\(directory)/\(name)"
    }
    throw Failure("no \(name) on the PATH")
  }

  /// The bytes free for the scratch directory.
  var freeBytes: Int {
    var status = statvfs()
    return statvfs(scratch, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : 0
  }

  /// Counts the processors in a list such as `0-1,4` that this process may run on (proc(5), `Cpus_allowed_list`).
  private static func availableProcessors() -> Int {
    let status = (try? Files.read("/proc/self/status")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let list = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") } ?? "0"
    return list.drop { !$0.isNumber }.split(separator: ",").reduce(0) { sum, range in
      let ends = range.split(separator: "-").compactMap { Int($0) }
      return sum + (ends.last ?? 0) - (ends.first ?? 0) + 1
    }
  }
}
