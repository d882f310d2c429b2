package import LinuxIO
package import SystemPackage
package import WasmCache
package import WasmEngine

/// A run's compiler, found at its place: the seam between the run's stages and the makers of artifacts.
///
/// A run may have several, and each may be asked for several things.
package protocol Toolchain: AnyObject, Sendable {
  /// Where the compiler lies.
  var location: EngineLocation { get }

  /// Every file that decides what it makes, for build tools.
  var files: [FilePath] { get }

  /// The wishes of the run, in order. Each becomes one ``CompileTarget``.
  var wishes: [CompileWish] { get }

  /// The names of the hosts that a wish is for; empty if none is named.
  func hosts(of wish: Int) -> [String]

  /// How many cores one compilation can use.
  var cores: ToolchainCores { get }

  /// The wishes' identities as earlier runs remembered them.
  ///
  /// - Parameter now: nanoseconds since 1970.
  /// - Returns: nil unless all of them are remembered of this very compiler.
  func rememberedIdentities(in catalog: Catalog, now: Int64) -> [ArtifactIdentity]?

  /// Asks the compiler what it is; blocks.
  ///
  /// - Parameter lanes: how many sessions are going to be open at a time.
  func resolve(lanes: Int) throws(CompilerUnusable) -> ToolchainResolution

  /// Opens a way to compile modules, one at a time; blocks.
  ///
  /// - Parameters:
  ///   - identities: the identities that the wishes were resolved to. A compiler that is another by now is an error.
  ///   - origin: of all the modules that it is for. A session that has met modules of another is not given out.
  ///   - lanes: how many sessions are open at a time.
  ///   - deadline: when opening has failed.
  func openSession(
    for identities: [ArtifactIdentity], origin: ModuleOrigin, lanes: Int, deadline: MonotonicInstant
  ) throws(ModuleFailure) -> any CompileSession

  /// Tries whether the compiler compiles a module with another backend than a wish's; blocks.
  func compiles(_ module: LoadedModule, with backend: Backend, insteadOf wish: Int, deadline: MonotonicInstant) -> Bool

  /// Whether workers of other machines are given it, in which case ``remoteRecipe(of:_:)`` says how they use it.
  var isGivenAway: Bool { get }

  /// How workers of other machines do what a wish wants; blocks.
  ///
  /// - Parameter identity: what the wish was resolved to.
  /// - Returns: nil if this compiler is not sent to other machines.
  /// - Throws: why it cannot be, though it should.
  func remoteRecipe(of wish: Int, _ identity: ArtifactIdentity) throws(RemoteFailure) -> RemoteRecipe?

  /// Takes a session that is not needed at the moment, for a later run.
  ///
  /// - Returns: false if it is not kept, so that its owner has to end it.
  func keep(_ session: any CompileSession) -> Bool

  /// Lets go of everything that was ready for the run's sessions and not needed: the run is over.
  func finish()
}

extension Toolchain {
  package func compiles(
    _ module: LoadedModule, with backend: Backend, insteadOf wish: Int, deadline: MonotonicInstant
  ) -> Bool { false }

  package func hosts(of wish: Int) -> [String] { [] }

  package var isGivenAway: Bool { false }

  package func remoteRecipe(of wish: Int, _ identity: ArtifactIdentity) throws(RemoteFailure) -> RemoteRecipe? { nil }

  package var files: [FilePath] { [location.path] }
}

/// One thread's way to compile with a toolchain.
package protocol CompileSession: AnyObject, Sendable {
  /// Whether it can compile another module. It can after a refusal, but after no other failure.
  var isUsable: Bool { get }

  /// How many threads it can compile with; nil for any number.
  var mostThreads: Int? { get }

  /// The defences around the compiler that the kernel lacks or forbids.
  var missingDefences: [String] { get }

  /// Compiles one module; blocks.
  ///
  /// - Parameters:
  ///   - wish: the position of the wish in the toolchain's.
  ///   - threads: how many threads may work on it.
  func compile(
    _ module: LoadedModule, wish: Int, threads: Int, deadline: MonotonicInstant, timeout: Double
  ) throws(ModuleFailure) -> CompiledArtifact

  /// Ends the session without waiting. Letting go of it waits.
  func end()
}

/// How many cores one compilation can use.
package enum ToolchainCores: Sendable {
  case one
  /// As many as the session is asked to use.
  case onRequest
  /// All that there are. It is told how many it should use, which not every compiler heeds.
  case all
}

/// A compiler's answer about itself.
package struct ToolchainResolution: Sendable {
  /// The result for each wish.
  package let identities: [Result<ArtifactIdentity, BackendUnavailable>]
  /// The defences around the compiler that the kernel lacks or forbids.
  package let missingDefences: [String]
  /// The findings that the catalog is to remember.
  package let findings: [EngineFinding]

  package init(
    identities: [Result<ArtifactIdentity, BackendUnavailable>], missingDefences: [String] = [],
    findings: [EngineFinding] = []
  ) {
    self.identities = identities
    self.missingDefences = missingDefences
    self.findings = findings
  }
}

/// The bytes that a session made of a module. They cannot change any more.
package struct CompiledArtifact: ~Copyable, Sendable {
  package let contents: Mapping
  /// How long the compiler took.
  package let nanoseconds: UInt64

  package init(_ contents: consuming Mapping, nanoseconds: UInt64) {
    self.contents = contents
    self.nanoseconds = nanoseconds
  }
}

/// Why a compiler cannot be used at all.
package enum CompilerUnusable: Error, Hashable, Sendable {
  case unreadable(EngineLocation, reason: String)
  case cannotLoad(EngineLocation, reason: String)
  case notWasmtime(EngineLocation, missingFunction: String)
  /// The compiler offers no backend.
  case noBackend(EngineLocation)
  /// A compiler that is a program does not say what it is.
  ///
  /// - Parameter name: its backend's.
  case program(_ name: String, EngineLocation, reason: String)
  /// A compiler that is a program does not make code for a target, though it does for this machine.
  ///
  /// - Parameters:
  ///   - name: its backend's.
  ///   - reason: how it ended, with what it wrote.
  case target(_ target: String, of: String, reason: String)
  /// The kernel cannot confine the compiler as required.
  case unconfined(missing: [String])
  /// No child process could be started to ask it.
  case notStarted(reason: String)
  /// A child process was started, and could not make this system call, without which it cannot be confined.
  case denied(call: String)
  /// The child process gave an answer that makes no sense.
  case protocolViolation(what: String)
  case cancelled
}

/// Why a compiler does not offer a backend.
package enum BackendUnavailable: Error, Hashable, Sendable {
  /// The engine compiles with another backend and says nothing.
  case silentlyAnother(Backend)
  /// Asking for the backend ends the process; the engine's last words.
  case crashes(String)
  /// The compiler's reason.
  case refused(String)
  /// Asking for the backend takes more memory than a compiler may have.
  ///
  /// - Parameter memory: bytes that are allowed.
  case exhausted(memory: Int)
}

extension BackendUnavailable: CustomStringConvertible {
  package var description: String {
    switch self {
    case .silentlyAnother(let backend): "this release would silently compile with \(backend.rawValue) instead"
    case .crashes(let words): "this release aborts when asked for it: \(Self.panic(words))"
    case .refused(let reason): reason
    case .exhausted(let memory): "it needs more memory than the \(ByteCount(memory)) that are allowed"
    }
  }

  /// What a panic of Rust's says, without where it happened.
  private static func panic(_ words: String) -> Substring {
    guard words.hasPrefix("thread "), let start = words.firstRange(of: "on an `Err` value: ") else { return words[...] }
    return words[start.upperBound...]
  }
}
