internal import ArgumentParser
internal import Precompiler
internal import SystemPackage
internal import WasmCache

extension CacheCommand {
  struct Verify: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Check every artifact's bytes against its digest.",
      discussion: """
        Bad ones are named, and the exit status is 1 unless all of them were repaired. Those that were moved aside before are \
        named, too, until they are made again. A cache that was copied without its symbolic links is recognized, and \
        --repair makes the links again of all artifacts whose bytes prove right.

        A digest proves that an artifact is what was stored. With --reproduce, modules are compiled again, too: an engine makes \
        the same bytes each time, so an artifact that differs was not made by it as it should be. Only the engine, the hosts and \
        the settings are asked that options and configuration files name.
        """)

    @Flag(
      help: """
        Move bad artifacts to the cache's directory "corrupt", so that the next run makes them again, and make links that \
        were lost in copying.
        """)
    var repair = false

    @Option(
      help: ArgumentHelp(
        """
        Compile the modules of so many artifacts again, drawn at random, and compare the bytes: a number, a share such as 5%, \
        or all.
        """, valueName: "sample"))
    var reproduce: SampleSize?

    @Flag(
      help: "Check signatures, too: each artifact must be signed by one of the keys that --trust names.")
    var signatures = false

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var options: ModuleOptions

    mutating func fill(from settings: GivenSettings) { _options.wrappedValue.fill(from: settings) }

    func validate() throws {
      try options.cache.refuseLowerCaches("lower caches are not checked: use --cache-dir DIR")
      if options.signatures.isSignWithGiven {
        throw ValidationError("--sign-with goes with `cache sign`: nothing is signed here")
      }
      if reproduce == nil, options.engine.isGiven || options.compiler.isGiven || options.hosts.isGiven {
        throw ValidationError("options about engines and hosts go with --reproduce: everything is checked without it")
      }
    }

    func run() throws {
      let lines = format.isJSON ? JSONLines("cache verify") : nil
      let path = try options.cache.path()
      var tally = VerificationTally(repairs: repair)
      let keys = try signatures ? trustedKeys() : .none
      if signatures { tally.signatures = SignatureTally() }
      var good: [FilePath] = []
      let found: CacheDirectory?
      do throws(CacheError) {
        found = try CacheDirectory.existing(at: path, trust: options.cache.trust)
        tally.nameless =
          try found?.verify(repair: repair) { entry in
            tally.add(entry)
            if entry.fault == nil { good.append(entry.path) }
            tell(entry, lines)
          } ?? 0
      } catch {
        throw RunFailure(error)
      }
      if signatures, let found { check(good, of: found, keys, &tally, lines) }
      if let reproduce, let found { try self.reproduce(reproduce, good, of: found, &tally, lines) }
      if let lines {
        lines.write(tally.json)
        if !tally.isAllWell { throw ExitStatus.moduleFailed }
        return
      }
      if tally.nameless > 0 {
        let artifacts = Quantities.count(tally.nameless, "artifact")
        Output.error.write(
          "\(path.printable): warning: was copied without its links (`cp -a` keeps them), and nothing tells which modules "
            + "\(artifacts) of it \(tally.nameless == 1 ? "is" : "are") of: the next run compiles them again\n")
      }
      Output.standard.write(tally.summary + "\n")
      if let signatures = tally.signatures { Output.standard.write(signatures.summary + "\n") }
      if let reproduced = tally.reproduced { Output.standard.write(reproduced.summary + "\n") }
      if !tally.isAllWell { throw ExitStatus.moduleFailed }
    }

    private func trustedKeys() throws(RunFailure) -> TrustedKeys {
      let keys = try options.signatures.trustedKeys(options.cache.trust)
      if keys.isEmpty {
        throw RunFailure(
          status: .usage, message: "--signatures needs keys: name the public ones that count with --trust")
      }
      return keys
    }

    private func check(
      _ entries: [FilePath], of cache: CacheDirectory, _ keys: TrustedKeys, _ tally: inout VerificationTally,
      _ lines: JSONLines?
    ) {
      for path in entries {
        do throws(SignatureFault) {
          tally.signatures?.add(try cache.signer(ofEntryAt: path, among: keys))
        } catch {
          tally.signatures?.addRefused()
          tell(CheckedEntry(path: path, size: 0, fault: .refused(error), repair: nil), lines)
        }
      }
    }

    private func tell(_ entry: CheckedEntry, _ lines: JSONLines?) {
      if let lines {
        if let object = VerificationTally.json(entry, repairs: repair) { lines.write(object) }
      } else if let line = VerificationTally.line(entry, repairs: repair) {
        Output.error.write(line)
      }
    }

    private func reproduce(
      _ sample: SampleSize, _ entries: [FilePath], of cache: CacheDirectory, _ tally: inout VerificationTally,
      _ lines: JSONLines?
    ) throws {
      let reproduction = Reproduction(
        cache: cache, choice: options.compilers(for: nil), limits: options.limits.modules, sample: sample,
        repairs: repair)
      let work = InterruptibleWork()
      tally.reproduced = try work.run {
        try reproduction.run(entries, work.cancellation) { path, result in
          let entry: CheckedEntry
          switch result {
          case .compared(let compared): entry = compared
          case .failed(let failure):
            entry = CheckedEntry(path: path, size: 0, fault: .notCompiled(reason: failure.message), repair: nil)
          }
          tally.addAgain(entry)
          tell(entry, lines)
        }
      }
    }
  }
}

/// The findings of `cache verify`, in numbers.
struct VerificationTally {
  private let repairs: Bool
  private var entries = 0
  private var bytes = 0
  private var lost = 0
  private var bad = 0
  private var notJudged = 0
  private var movedAsideBefore = 0
  private var repaired: [EntryRepair: Int] = [:]
  private var unrepaired = 0
  /// What came of checking signatures; nil if that was not asked for.
  var signatures: SignatureTally?
  /// What came of compiling modules again; nil if that was not asked for.
  var reproduced: ReproductionTally?
  /// Artifacts that no entry can be made for, in a cache that has lost all entries.
  var nameless = 0

  init(repairs: Bool) { self.repairs = repairs }

  mutating func add(_ entry: CheckedEntry) {
    entries += 1
    bytes += entry.size
    addAgain(entry)
  }

  /// Counts the fault of an entry that was counted before.
  mutating func addAgain(_ entry: CheckedEntry) {
    guard let fault = entry.fault else { return }
    if fault == .movedAside {
      movedAsideBefore += 1
      return
    }
    switch fault {
    case .notJudged, .notCompiled: notJudged += 1
    case _ where fault.isLostLink: lost += 1
    default: bad += 1
    }
    if let repair = entry.repair { repaired[repair, default: 0] += 1 } else { unrepaired += 1 }
  }

  var isAllWell: Bool { unrepaired == 0 && nameless == 0 && signatures?.refused ?? 0 == 0 }

  /// `3 entries, 41 kB: 1 bad; --repair moves them aside`
  var summary: String {
    var parts: [String] = []
    if movedAsideBefore > 0 { parts.append("\(movedAsideBefore) moved aside before") }
    if lost > 0 { parts.append("\(lost) copied without links") }
    if nameless > 0 { parts.append("\(Quantities.count(nameless, "artifact")) without an entry") }
    if bad > 0 { parts.append("\(bad) bad") }
    if notJudged > 0 { parts.append("\(notJudged) not judged") }
    if lost == 0 && bad == 0 && notJudged == 0 && nameless == 0 {
      // Of artifacts that nobody trusted has signed, only the bytes are good.
      let areSigned = signatures?.refused ?? 0 == 0
      parts.append((parts.isEmpty ? "all" : "all others") + (areSigned ? " good" : " with good bytes"))
    }
    if repairs {
      for (repair, words) in [
        (EntryRepair.linked, "linked again"), (.movedAside, "moved aside"), (.removed, "removed"),
      ] {
        if let count = repaired[repair] { parts.append("\(count) \(words)") }
      }
    }
    return
      "\(Quantities.count(entries, "entry", "entries")), \(Quantities.bytes(bytes)): \(parts.joined(separator: ", "))"
      + advice
  }

  private var advice: String {
    if repairs { return "" }
    return switch (lost > 0, bad > 0) {
    case (true, true): "; --repair makes links again and moves bad ones aside"
    case (true, false): "; --repair makes links of them"
    case (false, true): "; --repair moves them aside"
    case (false, false): ""
    }
  }

  var json: JSON {
    [
      "type": "summary", "entries": JSON(entries), "artifact_bytes": JSON(bytes), "bad": JSON(bad), "lost": JSON(lost),
      "not_judged": JSON(notJudged), "moved_aside_before": JSON(movedAsideBefore), "nameless": JSON(nameless),
      "repaired": JSON(repaired.values.reduce(0, +)),
      "signatures": signatures?.json ?? .null, "reproduced": reproduced?.json ?? .null,
    ]
  }

  /// The object about an entry; nil for a good one.
  static func json(_ entry: CheckedEntry, repairs: Bool) -> JSON? {
    guard let fault = entry.fault else { return nil }
    let repair: String? =
      switch entry.repair {
      case .linked: "linked"
      case .movedAside: "moved_aside"
      case .removed: "removed"
      case nil: nil
      }
    return [
      "type": "fault", "artifact": JSON(entry.path), "message": .string(fault.description),
      "link_lost": .bool(fault.isLostLink), "repair": JSON(repair),
    ]
  }

  /// The message about an entry; nil for a good one.
  static func line(_ entry: CheckedEntry, repairs: Bool) -> String? {
    guard let fault = entry.fault else { return nil }
    let kind = fault == .movedAside || fault.isLostLink ? "warning" : "error"
    let outcome =
      switch entry.repair {
      case .linked: " (linked again)"
      case .movedAside: " (moved aside)"
      case .removed: " (removed)"
      case nil: fault.isLostLink && !repairs ? "; --repair makes it again" : ""
      }
    return "\(entry.path.printable): \(kind): \(fault.description.printable)\(outcome)\n"
  }
}
