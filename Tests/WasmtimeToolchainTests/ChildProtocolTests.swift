import Confinement
import LinuxIO
import TestSupport
import Testing
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

struct ChildProtocolTests {
  private static let errors: [EngineError] = [
    .cannotLoad(reason: "a"), .notWasmtime(missingFunction: "b"), .unsupportedSettings(reason: "c"),
    .componentsUnsupported, .invalidModule(message: "é\u{202e}\n"), .cannotSerialize(message: ""),
    .wrongKind(.coreModule), .wrongKind(.component),
  ]

  private static let settings =
    Backend.libwasmtime.flatMap { backend in
      OptimizationLevel.allCases.flatMap { optimization in
        [CPUTarget.native, .baseline].map { EngineSettings(backend: backend, optimization: optimization, cpu: $0) }
      }
    } + [EngineSettings(backend: .cranelift, features: .all), configured]

  /// Every field with something in it.
  private static let configured = EngineSettings(
    backend: .cranelift, cpu: CPUTarget("baseline,+x") ?? .native,
    configuration: (try? EngineConfiguration(["fuel=1", "memory-reservation=0", "cranelift-a_b=c=d"]))
      ?? EngineConfiguration())

  private static let limits = ChildLimits(memory: 1 << 32, file: 1 << 31)

  private static let requests: [ChildRequest] = [
    .prepare(settings: [], threads: 0, limits: ChildLimits(memory: 0, file: .max)),
    .prepare(settings: settings, threads: 65535, limits: limits),
    .compile(settingsIndex: 0, threads: 1, kind: .coreModule, size: 0),
    .compile(settingsIndex: 255, threads: 65535, kind: .component, size: .max),
    .compileSmall(settingsIndex: 0, threads: 1, kind: .coreModule, module: []),
    .compileSmall(
      settingsIndex: 255, threads: 65535, kind: .component,
      module: [UInt8](repeating: 0xfe, count: 300)),
    .load(settingsIndex: 0, kind: .coreModule, size: 0), .load(settingsIndex: 255, kind: .component, size: .max),
  ]

  private static let replies: [ChildReply] =
    [
      .prepared([], Confinement(landlock: 0, filtersSystemCalls: false)),
      .prepared(
        errors.map { .failure($0) } + [.success(CompatibilityRecord(bytes: [0, 255, 1]))], ChildFixture.confined),
      .exhausted(.memory), .exhausted(.artifact), .denied(""), .denied("prctl: operation not permitted"),
      .systemCallFailed(""), .systemCallFailed("write: é\u{202e}\n"),
      .compiled(size: 0, nanoseconds: 0), .compiled(size: .max, nanoseconds: .max),
      .compiledSmall(artifact: [], nanoseconds: 0),
      .compiledSmall(artifact: [UInt8](repeating: 0xfe, count: 300), nanoseconds: .max),
      .loaded(refusal: nil), .loaded(refusal: ""), .loaded(refusal: "é\u{202e}\n"),
    ] + errors.map { .failed($0) }

  // MARK: Round trips

  @Test(arguments: requests) func requestsArriveAsTheyWereSent(_ request: ChildRequest) {
    #expect(ChildRequest(request.encoded()) == request)
  }

  @Test(arguments: replies) func repliesArriveAsTheyWereSent(_ reply: ChildReply) {
    #expect(ChildReply(reply.encoded()) == reply)
  }

  @Test func numbersBeyondTheirFieldsAreCutToFit() {
    #expect(
      ChildRequest(ChildRequest.prepare(settings: [], threads: 100_000, limits: Self.limits).encoded())
        == .prepare(settings: [], threads: 65535, limits: Self.limits))
    #expect(
      ChildRequest(ChildRequest.prepare(settings: [], threads: -1, limits: Self.limits).encoded())
        == .prepare(settings: [], threads: 0, limits: Self.limits))
  }

  @Test func longTextsAreCutToFit() throws {
    let text = String(repeating: "x", count: MessageReader.largestText + 1)
    let sent = ChildReply.failed(.invalidModule(message: text)).encoded()
    #expect(sent.count < ChildProtocol.largestMessage)
    #expect(ChildReply(sent) == .failed(.invalidModule(message: String(text.dropLast()))))
  }

  /// The largest that are small fit into a message, with the question's number. One more byte is not believed.
  @Test func smallIsWhatFitsIntoAMessage() throws {
    func request(_ size: Int) -> ChildRequest {
      .compileSmall(settingsIndex: 0, threads: 1, kind: .coreModule, module: [UInt8](repeating: 1, count: size))
    }
    func reply(_ size: Int) -> ChildReply {
      .compiledSmall(artifact: [UInt8](repeating: 1, count: size), nanoseconds: 1)
    }
    let largest = (request(ModuleContents.largestSmall), reply(ChildProtocol.largestSmallArtifact))
    #expect(ChildRequest(largest.0.encoded()) == largest.0 && ChildReply(largest.1.encoded()) == largest.1)
    #expect(max(largest.0.encoded().count, largest.1.encoded().count) <= ChildProtocol.largestMessage)
    #expect(ChildRequest(request(ModuleContents.largestSmall + 1).encoded()) == nil)
    #expect(ChildReply(reply(ChildProtocol.largestSmallArtifact + 1).encoded()) == nil)
  }

  // MARK: Foreign bytes

  @Test func messagesThatGoOnAreRefused() {
    for request in Self.requests { #expect(ChildRequest(request.encoded() + [0]) == nil) }
    for reply in Self.replies { #expect(ChildReply(reply.encoded() + [0]) == nil) }
  }

  @Test func messagesThatAreCutShortAreRefused() {
    for request in Self.requests {
      let bytes = request.encoded()
      for count in 0..<bytes.count { #expect(ChildRequest(bytes.prefix(count)) == nil) }
    }
    for reply in Self.replies {
      let bytes = reply.encoded()
      for count in 0..<bytes.count { #expect(ChildReply(bytes.prefix(count)) == nil) }
    }
  }

  @Test(
    arguments: [
      [4], [3], [3, 1], [3, 2, 0, 0, 0, 0], [3, 1, 1, 0, 0, 0, 0x78], [1, 7, 1, 1, 9], [2, 9, 0, 0, 0, 0], [2, 130],
      [2, 131], [1, 7, 1, 1, 130, 0, 0, 0, 0], [1, 7, 1, 1, 128],
      [2, 1, 0xff, 0xff, 0xff, 0xff],
      [2, 1, 1, 0x40, 0, 0, 0x78],
      [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], [5, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1],
      // A size that is no Int.
      [2, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func impossibleRepliesAreRefused(_ bytes: [UInt8]) { #expect(ChildReply(bytes) == nil) }

  @Test(
    arguments: [
      [0], [4], prepare([3, 0, 0] + native + [0]), prepare([0, 3, 0] + native + [0]),
      prepare([0, 0, 2] + native + [0]), prepare([0, 0, 0] + text("nativ") + [0]), prepare([0, 0, 0] + native + [1]),
      prepare([0, 0, 0] + native + [1] + text("fool")), prepare([0, 0, 0] + native + [1] + text("fuel=x")),
      [5, 0, 1, 0, 2, 0, 0, 0, 0], [5, 0, 1, 0, 0, 0, 0x41, 0, 0], [5, 0, 1, 0, 0, 2, 0, 0, 0, 1],
      [3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80],
      // An amount of memory that is no Int.
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0],
      [2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80],
    ] as [[UInt8]])
  func impossibleRequestsAreRefused(_ bytes: [UInt8]) { #expect(ChildRequest(bytes) == nil) }

  @Test func theRequestsThatAreNearlyImpossibleAreNot() {
    #expect(ChildRequest(Self.prepare([2, 2, 1] + Self.native + [1] + Self.text("fuel=1"))) != nil)
  }

  private static let native = text("native")

  private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8) }

  /// A request to prepare with settings of these codes.
  private static func prepare(_ settings: [UInt8]) -> [UInt8] {
    [1] + [UInt8](repeating: 0, count: 18) + [1] + settings
  }

  /// Whatever is read as a message can be written as one.
  private func read(_ bytes: [UInt8]) -> Bool {
    let request = ChildRequest(bytes)
    if let request { #expect(ChildRequest(request.encoded()) == request) }
    let reply = ChildReply(bytes)
    if let reply { #expect(ChildReply(reply.encoded()) == reply) }
    return request != nil || reply != nil
  }

  @Test(arguments: 0..<4) func randomBytesNeverCrash(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      var bytes = random.bytes(count: Int.random(in: 0..<64, using: &random))
      // Past the first byte, more often than chance would have it.
      if !bytes.isEmpty, Bool.random(using: &random) { bytes[0] = UInt8.random(in: 1...5, using: &random) }
      _ = read(bytes)
    }
  }

  @Test(arguments: 0..<4) func mutatedMessagesAreReadOrRefused(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let originals = Self.requests.map { $0.encoded() } + Self.replies.map { $0.encoded() }
    var wereRead = 0
    for round in 0..<2000 {
      if read(random.mutating(originals[round % originals.count])) { wereRead += 1 }
    }
    #expect((1..<2000).contains(wereRead), "the mutations do something, and not too much")
  }
}
