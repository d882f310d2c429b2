internal import Glibc

/// The tool under test with one cache and one backend.
///
/// What it says of itself is checked, and the cache is counted without asking it.
struct Tool {
  let site: Site
  let cache: String
  /// The backend, as the tool calls it.
  let backend: String
  /// A cache that is only read, which has everything.
  private let lower: String?
  /// The hosts that artifacts are for; nil for none that is named.
  private let hosts: HostSet?
  /// The directory that XDG_CONFIG_HOME is to name; nil for none.
  private let configuration: String?
  /// The end of its artifacts' names.
  private let entrySuffix: String

  /// The address of a cache on another machine; nil for none.
  var remote: String?

  init(at site: Site, cache name: String, _ backend: Backend, above lower: Tool? = nil, for hosts: HostSet? = nil) {
    self.site = site
    self.hosts = hosts
    self.backend = backend.rawValue
    self.lower = lower?.cache
    cache = "\(site.scratch)/caches/\(name)-\(backend.rawValue)"
    configuration = nil
    entrySuffix = ".cwasm"
  }

  /// With a compiler that is a program.
  init(at site: Site, cache name: String, by compiler: Wasm2C) throws {
    self.site = site
    hosts = nil
    backend = Wasm2C.name
    lower = nil
    cache = "\(site.scratch)/caches/\(name)-\(backend)"
    configuration = try compiler.writeConfiguration(at: site)
    entrySuffix = Wasm2C.suffix
  }

  /// - Parameter countingOrphans: see ``Launcher/run(_:countingOrphans:)``.
  func precompile(_ path: String, countingOrphans: Bool = false) throws -> ProcessRun {
    let below = lower.map { ["--lower-cache", $0] } ?? []
    let shared = remote.map { ["--remote", $0, "--remote-upload", "on"] } ?? []
    let command = [site.tool, "--cache-dir", cache, "--backend", backend] + below + shared
    guard let configuration = try configuration ?? hosts?.writeConfiguration(at: site) else {
      return try site.launcher.run(command + [path], countingOrphans: countingOrphans)
    }
    let start = [try site.program("env"), "XDG_CONFIG_HOME=\(configuration)"]
    let named = (hosts?.hosts ?? []).flatMap { ["--host", $0.name] }
    return try site.launcher.run(start + command + named + [path])
  }

  /// Precompiles modules whose artifacts are all in the cache, and checks that nothing else was done.
  func findNothingToDo(_ modules: ModuleTree) throws -> ProcessRun {
    let run = try precompile(modules.path)
    let place = lower == nil ? "" : " (\(modules.count) in lower caches)"
    try check(run, says: "\(summaryStart(modules)) nothing to compile, all up to date\(place)")
    return run
  }

  /// Precompiles modules into a cache that does not exist yet, and checks that all were compiled.
  ///
  /// - Parameter invalid: how many modules must fail.
  func compileAll(_ modules: ModuleTree, invalid: Int = 0) throws -> ProcessRun {
    try site.setAside(cache)
    site.settle()
    let run = try precompile(modules.path)
    let failed = invalid == 0 ? "" : ", \(invalid) failed"
    let compiled = artifacts(of: modules) - invalid
    try check(
      run, says: "\(summaryStart(modules)) \(compiled) compiled, 0 up to date\(failed) (", status: invalid == 0 ? 0 : 1)
    return run
  }

  /// Precompiles modules into a cache that does not exist yet, for hosts that one artifact suits, and checks that each host has one of
  /// each module, and that all of one module are the same. How many of them were compiled is for the tool to decide.
  ///
  /// - Returns: also the sizes of one host's artifacts.
  func compileAlike(_ modules: ModuleTree) throws -> (ProcessRun, sizes: [Int]) {
    try site.setAside(cache)
    site.settle()
    let run = try precompile(modules.path)
    try check(run, says: summaryStart(modules))
    try verify(modules)
    let engines = try Files.names(in: "\(cache)/v1/engines").map { "\(cache)/v1/engines/\($0)" }
    guard engines.count == hosts?.hosts.count, let first = engines.first else {
      throw Failure("the hosts have \(engines.count) kinds of artifacts")
    }
    let names = try Files.names(in: first).filter { $0.hasSuffix(entrySuffix) }
    let sizes = try names.map { name in
      let bytes = try Files.read("\(first)/\(name)")
      for engine in engines.dropFirst() where try Files.read("\(engine)/\(name)") != bytes {
        throw Failure("\(name) is not the same for all hosts")
      }
      return bytes.count
    }
    return (run, sizes)
  }

  /// Precompiles modules into a cache that does not exist yet, and checks that the server had all artifacts.
  ///
  /// The processor time is also that of the program that speaks to the server.
  func fetchAll(_ modules: ModuleTree) throws -> ProcessRun {
    let run = try precompile(modules.path, countingOrphans: true)
    let fetched = "0 compiled, \(artifacts(of: modules)) fetched from \(remote ?? "nowhere"), 0 up to date ("
    try check(run, says: "\(summaryStart(modules)) \(fetched)")
    return run
  }

  /// Whether another cache has the same artifacts for the same modules, byte for byte.
  func hasSameArtifacts(as other: Tool) throws -> Bool {
    let (mine, theirs) = (try entryPaths(), try other.entryPaths())
    guard mine.count == theirs.count else { return false }
    return try zip(mine, theirs).allSatisfy { mine, theirs in
      guard mine.dropFirst(cache.count) == theirs.dropFirst(other.cache.count) else { return false }
      return try Files.read(mine) == Files.read(theirs)
    }
  }

  /// Precompiles what the cache does not have yet, and checks that it then has exactly these modules.
  func fill(_ modules: ModuleTree) throws {
    var entries = try addMissing(modules)
    // An earlier run's cache has entries of an earlier engine, too, if that was another.
    if entries > artifacts(of: modules) {
      try site.remove(cache)
      entries = try addMissing(modules)
    }
    guard entries == artifacts(of: modules) else {
      throw Failure("the cache has \(entries) entries, not \(artifacts(of: modules))")
    }
    try verify(modules)
    site.settle()
  }

  /// Fills the cache, and lets the tool remember of all files and all artifacts what is in them, so that a host need not
  /// read them.
  func fillAndCheck(_ modules: ModuleTree) throws {
    try fill(modules)
    // What was written less than two seconds before is never taken for what it was.
    sleep(3)
    _ = try findNothingToDo(modules)
    try verify(modules)
  }

  /// - Returns: the number of entries in the cache.
  private func addMissing(_ modules: ModuleTree) throws -> Int {
    let run = try precompile(modules.path)
    guard run.succeeded else { throw Failure("the tool \(run.ending): \(run.lastLine)") }
    return try entryCount()
  }

  /// Lets the tool compare every artifact with its digest.
  ///
  /// - Parameter invalid: how many modules have none.
  func verify(_ modules: ModuleTree, invalid: Int = 0) throws {
    let run = try site.launcher.run([site.tool, "cache", "verify", "--cache-dir", cache])
    let count = artifacts(of: modules) - invalid
    let entries = "\(count) \(count == 1 ? "entry" : "entries"), "
    guard run.succeeded, run.lastLine.hasPrefix(entries), run.lastLine.hasSuffix(": all good") else {
      throw Failure("cache verify \(run.ending): \(run.lastLine)")
    }
  }

  private func artifacts(of modules: ModuleTree) -> Int { modules.count * (hosts?.hosts.count ?? 1) }

  /// How the tool's summary of modules begins.
  private func summaryStart(_ modules: ModuleTree) -> String {
    let targets = hosts.map { $0.hosts.count > 1 ? " with \($0.hosts.count) targets" : "" } ?? ""
    return "\(modules.count) module\(modules.count == 1 ? "" : "s")\(targets):"
  }

  /// The entries of the cache: hashes of modules, and the sizes of their artifacts.
  func entries() throws -> [String: Int] {
    var entries: [String: Int] = [:]
    try forEachEntry { entries[$0] = $1 }
    return entries
  }

  /// The sizes of all artifacts, for whatever host.
  func artifactSizes() throws -> [Int] {
    var sizes: [Int] = []
    try forEachEntry { sizes.append($1) }
    return sizes
  }

  /// The paths of all entries.
  func entryPaths() throws -> [String] {
    var paths: [String] = []
    for engine in try Files.names(in: "\(cache)/v1/engines") {
      for hash in try entries().keys.sorted() {
        paths.append("\(cache)/v1/engines/\(engine)/\(hash)\(entrySuffix)")
      }
    }
    return paths
  }

  private func entryCount() throws -> Int {
    var count = 0
    try forEachEntry { _, _ in count += 1 }
    return count
  }

  private func forEachEntry(_ body: (_ hash: String, _ size: Int) -> Void) throws {
    let engines = "\(cache)/v1/engines"
    for engine in try Files.names(in: engines) {
      try Files.forEachName(in: "\(engines)/\(engine)") { name in
        guard name.hasSuffix(entrySuffix) else { return }
        guard let size = Files.size("\(engines)/\(engine)/\(name)") else { throw Failure("\(name) leads nowhere") }
        body(String(name.dropLast(entrySuffix.count)), size)
      }
    }
  }

  /// Takes from the cache what only makes it faster.
  func loseIndex() throws {
    for name in try Files.names(in: "\(cache)/v1") where name.hasPrefix("catalog.sqlite") {
      try site.remove("\(cache)/v1/\(name)")
    }
  }

  private func check(_ run: ProcessRun, says start: String, status: Int32 = 0) throws {
    guard run.waitStatus == status << 8, run.lastLine.hasPrefix(start) else {
      throw Failure("the tool should have said \"\(start)\", but \(run.ending): \(run.lastLine)")
    }
  }
}
