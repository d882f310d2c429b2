internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

extension CacheCommand {
  struct Attest: ConfiguredCommand, ListTakingCommand {
    static let configuration = CommandConfiguration(
      commandName: "attest",
      abstract: "Say in in-toto's words who made what, for tools that know nothing of the cache.",
      discussion: """
        Each line is an envelope (DSSE) that the key has signed: an in-toto statement that an artifact was compiled from a module, \
        with which engine and settings, as SLSA's provenance has it. Each artifact's bytes are compared with its digest first; a bad \
        one is named on standard error, and the exit status is 1.
        """)

    @Argument(help: "Only artifacts of these modules, or of modules in these directories.")
    var path: [PathArgument] = []

    @Option(
      help: ArgumentHelp("Who compiled the artifacts: a URI that verifiers know the builder by.", valueName: "uri"))
    var builder = "urn:\(Program.name)"

    @OptionGroup @ParsedOptions var signatures: SignatureOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions

    mutating func fill(from settings: GivenSettings) {
      _signatures.wrappedValue.fill(from: settings)
      _cache.wrappedValue.fill(from: settings)
    }

    mutating func restore(_ lists: LongLists) { path = lists.restored(path) }

    func validate() throws {
      try cache.refuseLowerCaches("lower caches are another's to speak for: use --cache-dir DIR")
      guard Self.isURI(builder) else {
        throw ValidationError(
          "--builder '\(builder)': a URI is a scheme, a colon and more, such as https://ci.example.org/wasm")
      }
    }

    /// Source: RFC 3986, section 3.1 for the scheme; the rest has only characters that a URI may have.
    static func isURI(_ text: String) -> Bool {
      text.wholeMatch(of: #/[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z_a-z~%@\[\]]+/#) != nil
    }

    func run() throws {
      guard let key = try signatures.signer() else { throw RunFailure.noSigner }
      let named = ModulesNamed(path)
      let place = try cache.path()
      var isBad = false
      do {
        guard let found = try CacheDirectory.existing(at: place, trust: cache.trust) else {
          throw CacheError.noCache(place)
        }
        let sightings = named == nil ? [:] : found.sightings
        let isWanted = { (module: WasmHash) in named?.contains(module, lastSeenAt: sightings[module]) ?? true }
        try found.attest(isWanted, builder: builder) { entry, attestation in
          if let attestation { return Output.standard.write(try attestation.envelope(signedBy: key) + "\n") }
          isBad = true
          let reason = entry.fault.map { "\($0)" } ?? "engine.json does not say what the entry is for"
          Output.error.write("\(entry.path.printable): error: \(reason.printable)\n")
        }
      } catch let error as CacheError {
        throw RunFailure(error)
      } catch let error as KeyError {
        throw RunFailure(status: .usage, message: "--sign-with \(error.path.printable): \(error.reason)")
      }
      if isBad { throw ExitStatus.moduleFailed }
    }
  }
}

extension RunFailure {
  static let noSigner = RunFailure(
    status: .usage, message: "no key to sign with: name its file with --sign-with, or make one: `keys generate`")
}
