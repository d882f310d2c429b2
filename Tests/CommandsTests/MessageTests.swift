import LinuxIO
import SystemPackage
import Testing
import WasmCache

@testable import Commands
@testable import Exporting
@testable import Precompiler
@testable import Scanning
@testable import WasmEngine

/// What users are told besides what is wrong and why: the options and commands that mend it.
struct MessageTests {
  private static func identity(_ backend: Backend) -> ArtifactIdentity {
    ArtifactIdentity(
      settings: EngineSettings(backend: backend),
      compatibility: CompatibilityRecord(bytes: [0, 2] + Array("50".utf8) + [1, 0x78]), libraryBuild: [1])
  }

  private static let failures: [(ModuleFailure, String)] = [
    (.tooLarge(bytes: 2_000_000, limit: 1 << 20), "has 2000000 bytes, more than --max-module 1Mi allows: raise it"),
    (
      .unsupportedProposal(.tailCalls, by: identity(.winch), message: "why"),
      "needs the WebAssembly proposal “tail calls”, which wasmtime 50 does not accept with winch: why"
    ),
    (
      .unsupportedProposal(.threads, by: identity(.pulley), message: "why"),
      "needs the WebAssembly proposal “threads”, which wasmtime 50 does not accept with pulley: why"
    ),
    (
      .invalid(message: "x: WebAssembly translation error: Invalid input: br_table size is out of bounds"),
      "goes beyond a limit of the engine: x: WebAssembly translation error: Invalid input: br_table size is out of bounds"
    ),
    (
      .invalid(message: "function exceeds limit: WebAssembly translation error: type mismatch"),
      "is not valid: function exceeds limit: WebAssembly translation error: type mismatch"
    ),
    (
      .unsupportedProposal(.tailCalls, by: identity(.cranelift), message: "why"),
      "needs the WebAssembly proposal “tail calls”, which wasmtime 50 does not accept: why"
    ),
    (
      .componentsUnsupported(by: identity(.cranelift)),
      "is a component, which wasmtime 50 cannot compile through its C API: use release 36 or later with --engine"
    ),
    (.timedOut(seconds: 1.5), "was not compiled within 1.5 s: raise --timeout"),
    (
      .exhausted(.memory, bytes: 64 << 20),
      "needs more memory to compile than --max-memory 64Mi allows: raise it"
    ),
    (.exhausted(.artifact, bytes: 3 << 30), "makes an artifact larger than --max-artifact 3Gi allows: raise it"),
    (
      .unconfined(missing: ["Landlock", "seccomp"]),
      "was not compiled: the kernel lacks or forbids Landlock and seccomp, which --require-sandbox asks for"
    ),
    (.vanished, "vanished before it was read"),
  ]

  @Test(arguments: failures) func aModulesFailureNamesTheOptionThatMendsIt(_ failure: ModuleFailure, _ text: String) {
    #expect(failure.message == text)
    #expect(!failure.description.contains("--"), "targets below know no options")
  }

  @Test func aBackendIsAdvisedOnlyIfItWasTried() {
    #expect(
      ModuleFailure.timedOut(seconds: 2).message(alternative: .winch)
        == "was not compiled within 2 s: raise --timeout, or try --backend winch")
    #expect(
      ModuleFailure.exhausted(.memory, bytes: 64 << 20).message(alternative: .winch)
        == "needs more memory to compile than --max-memory 64Mi allows: raise it, or try --backend winch")
    let failure = ModuleFailure.unsupportedProposal(.threads, by: Self.identity(.pulley), message: "why")
    #expect(
      failure.message(alternative: .cranelift)
        == "needs the WebAssembly proposal “threads”, which wasmtime 50 does not accept with pulley, but with "
        + "--backend cranelift: why")
  }

  @Test func whatIsWorthTryingIsAnotherBackend() {
    let failures: [ModuleFailure] = [
      .timedOut(seconds: 1), .exhausted(.memory, bytes: 1),
      .unsupportedProposal(.threads, by: Self.identity(.winch), message: ""),
    ]
    #expect(failures.map { $0.backendWorthTrying(insteadOf: .cranelift) } == [.winch, .winch, nil])
    #expect(failures.map { $0.backendWorthTrying(insteadOf: .winch) } == [nil, nil, .cranelift])
    #expect(failures.map { $0.backendWorthTrying(insteadOf: .pulley) } == [.winch, .winch, .cranelift])
    #expect(ModuleFailure.invalid(message: "").backendWorthTrying(insteadOf: .pulley) == nil)
  }

  private static let problems: [(ScanProblem.Reason, String)] = [
    (.root(.noSuchFileOrDirectory), "cannot open: no such file or directory, check the spelling"),
    (.root(.notDirectory), "cannot open: a part of the path is not a directory, check the spelling"),
    (
      .root(.tooManySymbolicLinkLevels),
      "cannot open: too many levels of symbolic links, remove the link that leads back to itself"
    ),
    (.root(.fileNameTooLong), "cannot open: the path is too long, start from a directory nearer to it"),
    (
      .root(.permissionDenied),
      "cannot open: permission denied, check the permissions of the directories above it"
    ),
    (.root(.ioError), "cannot open: input/output error, check the disk or the connection to it"),
    (.root(.staleNFSFileHandle), "cannot open: stale file handle, scan again"),
    (
      .directory(.permissionDenied),
      "cannot read directory: permission denied, make it readable (chmod u+rx) or use --exclude"
    ),
    (
      .directory(.noMemory), "cannot read directory: cannot allocate memory (errno 12), mend that or use --exclude"
    ),
    (
      .outOfDescriptors(.tooManyOpenFiles),
      "cannot read directory: too many open files, raise the limit (ulimit -n) and scan again, the rest was not scanned"
    ),
    (
      .outOfDescriptors(.tooManyOpenFilesInSystem),
      "cannot read directory: too many open files in the system, close some programs and scan again, "
        + "the rest was not scanned"
    ),
    (.module(.notPermitted), "cannot examine module: permission denied, make it readable or use --exclude"),
    (
      .danglingLink,
      "cannot follow symbolic link: its target does not exist, restore it, remove the link or use --exclude"
    ),
    (
      .notRegular(.fifo), "cannot be a module: it is a FIFO, not a regular file, rename it or use --exclude"
    ),
    (
      .linkCycle,
      "not following symbolic link: it leads to a directory that it lies in, use --exclude to silence this"
    ),
  ]

  @Test(arguments: problems) func aScansProblemSaysHowToMendIt(_ reason: ScanProblem.Reason, _ text: String) {
    let problem = ScanProblem(path: "a", root: 0, reason: reason)
    #expect(problem.message == text)
    #expect(!problem.description.contains("--"), "targets below know no options")
  }

  @Test(
    arguments: [
      (.unusable(.givenUp("/lower", operation: "read", reason: "why")), "cannot read: why"),
      (.unusable(.notADirectory("/lower")), "is not a directory: name the directory of a cache"),
      (
        .unusable(.io("/my lower", operation: "open the cache directory", .permissionDenied)),
        "cannot open the cache directory: permission denied: `chmod -R a+rX '/my lower'` lets every user read it"
      ),
      (
        .unusable(.foreignOwner("/lower", owner: 7)),
        "belongs to user 7: whoever writes there decides what code runs; choose a directory of your own, or trust them "
          + "(--trust-cache)"
      ),
      (
        .artifact(module: "a.wasm", reason: "its artifact is corrupt", instead: .compiled),
        "its artifact is corrupt: a.wasm is compiled instead"
      ),
      (
        .refused(count: 12, .missing, first: "a.wasm", instead: .taken),
        "12 artifacts are not signed: a.wasm and 11 more are taken from another lower cache"
      ),
      (
        .copiedWithoutLinks,
        "was copied without its links: copy it with `cp -a`, or mend it with "
          + "`wasmprecompile cache verify --repair --cache-dir /lower`"
      ),
    ] as [(LowerCacheTrouble, String)])
  func aLowerCachesTroubleSaysHowToMendIt(_ trouble: LowerCacheTrouble, _ text: String) {
    #expect(RunReporter.warning(of: trouble, with: "/lower") == "lower cache /lower: \(text)")
  }

  @Test(arguments: [
    ("/a-b/c_1.d", "/a-b/c_1.d"), ("/my cache", "'/my cache'"), ("/it's", #"'/it'\''s'"#), ("/$(x)", "'/$(x)'"),
  ])
  func theCommandThatMendsACacheCanBeCopied(_ cache: FilePath, _ word: String) {
    #expect(repairCommand(for: cache) == "`wasmprecompile cache verify --repair --cache-dir \(word)`")
  }

  @Test func anExportsFailureSaysHowToMendIt() {
    #expect(
      ExportFailure.corruptBelow("/lower").message
        == "cannot be exported: the artifact of the lower cache /lower is corrupt: a run without --frozen compiles the "
        + "module into your own cache")
    #expect(
      ExportFailure.corrupt("/my cache", isMovedAside: false).message
        == "cannot be exported: the cache's artifact is corrupt: run "
        + "`wasmprecompile cache verify --repair --cache-dir '/my cache'`, then again"
    )
    #expect(
      ExportFailure.corrupt("/my cache", isMovedAside: true).message
        == "cannot be exported: the cache's artifact was corrupt: run again, which makes it anew")
    #expect(
      ExportCollision(name: "a.cwasm", sources: ["x/a.wasm", "y\t/a.wasm"]).message
        == "would be exported from x/a.wasm and from $'y\\t/a.wasm': give each its own --output, "
        + "or name a directory above them")
    #expect(
      UnnamableInDepfile(path: "a=b", character: "=").message
        == "cannot be named in a depfile: make would misread the \"=\" in its name: rename it, or use --exclude")
  }

  @Test(
    arguments: [
      (.option, "--engine"), (.environment, "WASMPRECOMPILE_ENGINE"), (.configuration, "configuration file"),
      (.installed, "installed beside wasmprecompile"), (.system, "system library"),
    ] as [(EngineLocation.Origin, String)])
  func aLibrarysOriginIsNamedAsItIsGiven(_ origin: EngineLocation.Origin, _ name: String) {
    #expect(origin.name == name)
  }
}
