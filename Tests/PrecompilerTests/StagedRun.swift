import Dispatch
import Glibc
import LinuxIO
import PrecompilerTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// Runs with fake compilers in a directory of one test's own.
final class StagedRun: Sendable {
  let directory: TemporaryDirectory
  let cancellation = Cancellation()

  init() throws { directory = try TemporaryDirectory() }

  var cachePath: FilePath { directory("cache") }

  // MARK: Modules

  /// Makes a module that no other test file is the same as.
  ///
  /// - Parameter padding: bytes that make it larger; larger ones are compiled first.
  @discardableResult
  func write(_ name: String, padding: Int = 0) throws -> WasmHash {
    let contents = Self.contents(name, padding: padding)
    try directory.write(contents, to: name)
    return .generate(contents)
  }

  static func contents(_ name: String, padding: Int = 0) -> [UInt8] {
    let bytes = WasmBinary.name(name) + [UInt8](repeating: 0, count: padding)
    return WasmBinary.empty + WasmBinary.section(0, bytes)
  }

  /// Waits until what was just written is old enough to be believed: the kernel sets a file's change time, so that no
  /// test can write an older one.
  func settle() { usleep(2_100_000) }

  // MARK: Running

  func request(_ names: [String], lanes: Int = 1) -> PrecompileRequest {
    PrecompileRequest(
      RunInput(names.map { directory($0) }), caches: CachePlaces(cachePath), work: WorkPolicy(lanes: lanes))
  }

  func run(
    _ request: PrecompileRequest, _ toolchains: FakeToolchain..., observer: RecordingObserver = RecordingObserver()
  ) throws -> RunSummary {
    try run(request, toolchains, observer: observer)
  }

  /// Fails, instead of hanging, where a run does not end.
  func run(
    _ request: PrecompileRequest, _ toolchains: [FakeToolchain], observer: RecordingObserver
  ) throws -> RunSummary {
    let begun = begin(request, toolchains, observer: observer)
    return try begun.wait()
  }

  /// Runs on a thread of its own.
  func begin(
    _ request: PrecompileRequest, _ toolchains: [FakeToolchain], observer: RecordingObserver = RecordingObserver()
  ) -> Running {
    let running = Running()
    let cancellation = cancellation
    DispatchQueue(label: "run").async {
      let result = Result { () throws(PrecompileError) in
        try Precompiler(request, with: toolchains, observer: observer, cancellation: cancellation).run()
      }
      running.end(result)
    }
    return running
  }

  final class Running: Sendable {
    private let result = Mutex<Result<RunSummary, PrecompileError>?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    fileprivate func end(_ result: Result<RunSummary, PrecompileError>) {
      self.result.withLock { $0 = result }
      ended.signal()
    }

    func wait() throws -> RunSummary {
      guard ended.wait(timeout: .now() + 60) == .success else { throw Hung() }
      return try #require(result.withLock { $0 }).get()
    }
  }

  private struct Hung: Error {}

  // MARK: Afterwards

  /// What is in the run's part of the cache for a module.
  func artifact(_ target: CompileTarget, _ module: WasmHash) throws -> String {
    String(decoding: try [UInt8](contentsOf: #require(target.directory).entryPath(module)), as: UTF8.self)
  }

  /// Nothing is left of a run that was not published.
  func expectNothingLeft(_ location: SourceLocation = #_sourceLocation) throws {
    let staging = try Descriptor.open(cachePath.appending("v1/tmp"), O_RDONLY)
    #expect(try staging.names().isEmpty, sourceLocation: location)
  }

  /// A claim that another process has on a module.
  func claim(_ module: WasmHash, _ identity: ArtifactIdentity) throws -> OtherProcess {
    try OtherProcess(module, identity, cachePath)
  }

  final class OtherProcess: Sendable {
    private let writer: EngineWriter
    private let module: WasmHash
    private let claim: Mutex<Claim?>

    fileprivate init(_ module: WasmHash, _ identity: ArtifactIdentity, _ path: FilePath) throws {
      let cache = try CacheDirectory(making: path)
      self.module = module
      writer = try EngineWriter(EngineDirectory(identity, in: cache), try Publisher(cache))
      claim = Mutex(try writer.tryClaim(module))
    }

    func publish() {
      #expect(throws: Never.self) {
        try Array("fake artifact of another".utf8).withUnsafeBytes { bytes in try writer.publish(bytes, for: module) }
      }
      giveUp()
    }

    func giveUp() { claim.withLock { $0 = nil } }
  }
}

extension RecordingObserver {
  /// What became of each job, in that order.
  var finished: [String] {
    said.filter { $0.hasPrefix("finished ") }.map { String($0.dropFirst("finished ".count)) }
  }

  /// The jobs in the order in which they began.
  var began: [String] { said.filter { $0.hasPrefix("began ") }.map { String($0.dropFirst("began ".count)) } }
}

/// Counts from several threads.
final class Counter: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  /// - Returns: how many it is now.
  @discardableResult
  func add() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// Waits for something that another thread brings about.
func waitUntil(_ isTrue: () -> Bool) -> Bool {
  let deadline = MonotonicInstant.now().adding(seconds: 60)
  while MonotonicInstant.now() < deadline {
    if isTrue() { return true }
    usleep(1000)
  }
  return isTrue()
}
