internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

extension CacheCommand {
  struct Sign: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "sign", abstract: "Sign the artifacts that are there and not signed.",
      discussion: """
        Each artifact's bytes are compared with its digest first; a bad one is named and not signed, and the exit status is 1. \
        A signature says that the key's owner vouches for an artifact: sign only a cache that nobody else could write to. \
        What another key has signed stays so without --replace.
        """)

    @Flag(help: "Sign what another key has signed, too, in its place.")
    var replace = false

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var signatures: SignatureOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions

    mutating func fill(from settings: GivenSettings) {
      _signatures.wrappedValue.fill(from: settings)
      _cache.wrappedValue.fill(from: settings)
    }

    func validate() throws { try cache.refuseLowerCaches("nothing is signed in lower caches: use --cache-dir DIR") }

    func run() throws {
      let lines = format.isJSON ? JSONLines("cache sign") : nil
      var tally = SigningTally()
      try reportingFailure(to: lines) { () throws(RunFailure) in
        guard let key = try signatures.signer() else { throw RunFailure.noSigner }
        let path = try cache.path()
        do throws(CacheError) {
          guard let found = try CacheDirectory.existing(at: path, trust: cache.trust) else { throw .noCache(path) }
          try found.sign(with: key, replacingOthers: replace) { path, result in
            tally.add(result)
            tell(path, result, lines)
          }
        } catch {
          throw RunFailure(error)
        }
      }
      if let lines { lines.write(tally.json) } else { Output.standard.write(tally.summary + "\n") }
      if tally.notSigned > 0 { throw ExitStatus.moduleFailed }
    }

    private func tell(_ path: FilePath, _ result: EntrySigning, _ lines: JSONLines?) {
      switch result {
      case .signed: lines?.write(["type": "signed", "artifact": JSON(path)])
      case .signedBefore, .signedByOther: break
      case .notSigned(let reason):
        if let lines {
          lines.write(JSONRunLines.error(path, reason))
        } else {
          Output.error.write("\(path.printable): error: \(reason.printable)\n")
        }
      }
    }
  }
}

/// The findings of `cache sign`, in numbers.
private struct SigningTally {
  private var signed = 0
  private var signedBefore = 0
  private var others: [KeyID: Int] = [:]
  private(set) var notSigned = 0

  mutating func add(_ result: EntrySigning) {
    switch result {
    case .signed: signed += 1
    case .signedBefore: signedBefore += 1
    case .signedByOther(let id): others[id, default: 0] += 1
    case .notSigned: notSigned += 1
    }
  }

  private var byOthers: Int { others.values.reduce(0, +) }

  /// `12 artifacts signed, 3 signed before, 1 signed by another key (--replace)`
  var summary: String {
    var parts = ["\(Quantities.count(signed, "artifact")) signed"]
    if signedBefore > 0 { parts.append("\(signedBefore) signed before") }
    if byOthers > 0 {
      let ids = others.keys.map { "\($0)" }.sorted().joined(separator: ", ")
      parts.append("\(byOthers) signed by another key (\(ids)); --replace signs them, too")
    }
    if notSigned > 0 { parts.append("\(notSigned) bad and not signed") }
    return parts.joined(separator: ", ")
  }

  var json: JSON {
    [
      "type": "summary", "signed": JSON(signed), "signed_before": JSON(signedBefore),
      "signed_by_others": JSON(byOthers),
      "bad": JSON(notSigned),
    ]
  }
}
