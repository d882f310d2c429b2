internal import ArgumentParser
internal import Confinement
internal import Precompiler
internal import ProgramToolchain
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import WasmtimeToolchain

struct EnginesCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines", abstract: "Show what modules can be compiled with, and for which hosts, or why not.",
    discussion: """
      Each backend is tried in a process of its own: an engine's word is not taken for it. With --like, what is printed is \
      a file of settings that --engine-config and `wasmtime --config` read.
      """)

  @Flag(help: "List the processors that --cpu knows, with their features, and end.")
  var processors = false

  @OptionGroup @ParsedOptions var format: FormatOptions
  @OptionGroup @ParsedOptions var options: ProbeOptions

  mutating func fill(from settings: GivenSettings) { _options.wrappedValue.fill(from: settings) }

  func run() throws {
    let lines = format.isJSON ? JSONLines("engines") : nil
    if !processors {
      try reportingFailure(to: lines) { () throws(RunFailure) in try show(lines) }
    } else if let lines {
      lines.write(contentsOf: CPUTarget.names.lazy.map(CPUTarget.json))
    } else {
      Output.standard.write(CPUTarget.table)
    }
    lines?.write(["type": "summary"])
  }

  private func show(_ lines: JSONLines?) throws(RunFailure) {
    let work = InterruptibleWork()
    let choice = options.compilers(showsEveryBackend: true)
    var failure: RunFailure?
    do {
      try work.run {
        for host in try choice.hosts(work.cancellation) { try show(host, choice, work.cancellation, lines) }
      }
    } catch {
      failure = error as? RunFailure ?? RunFailure(status: .engineUnavailable, message: "\(error)")
    }
    // A missing libwasmtime is no reason to say nothing of other compilers.
    if options.hosts.like.isEmpty && failure?.status != .usage {
      failure = try showPrograms(choice, work, lines) ?? failure
    }
    if let failure { throw failure }
  }

  /// Shows the compilers that are programs: all, or those that are named.
  ///
  /// - Returns: why one that was named cannot be used.
  private func showPrograms(
    _ choice: CompilerChoice, _ work: InterruptibleWork, _ lines: JSONLines?
  ) throws(RunFailure) -> RunFailure? {
    var wanted = try DescribedCompilers.all()
    if options.compiler.namesBackends {
      let names = Set(options.compiler.backends.map(\.rawValue))
      wanted = wanted.filter { names.contains($0.name) || $0.isLLVM && names.contains(DescribedCompilers.llvm) }
    }
    if wanted.isEmpty { return nil }
    let states: [CompilerState]
    do {
      states = try work.run {
        wanted.map { CompilerState(of: $0, options: choice.programOptions, work.cancellation) }
      }
    } catch {
      throw error as? RunFailure ?? RunFailure(status: .engineUnavailable, message: "\(error)")
    }
    if let lines {
      for state in states { lines.write(state.json) }
    } else {
      Output.standard.write(CompilerState.text(of: states))
      for state in states { if let warning = state.warningText { Output.error.write(warning) } }
    }
    guard options.compiler.namesBackends, !states.contains(where: \.isFound), let failure = states.first?.failure else {
      return nil
    }
    // The table has the reason already.
    return lines == nil
      ? RunFailure(status: failure.status, message: "nothing that --backend names can be used: see what is said of it")
      : failure
  }

  private func show(
    _ host: FoundHost, _ choice: CompilerChoice, _ cancellation: Cancellation, _ lines: JSONLines?
  ) throws {
    let account = try EngineProbe(
      host.engine, program: .thisExecutable, policy: choice.options.confinement, cancellation: cancellation
    ).identify(host.settings)
    let report = EngineReport(host: host, account: account)
    if let lines {
      for line in report.json { lines.write(line) }
    } else {
      let memory = ByteCount(choice.options.confinement.limits.memory)
      Output.standard.write(options.hosts.like.isEmpty ? report.text(memory: memory) : report.toml)
    }
    if report.hasNothing {
      // One that was asked for by name has its own reason, which says more.
      guard host.settings.count == 1, case .failure(let reason) = account.identities[0] else {
        throw CompilerUnusable.noBackend(host.engine.location)
      }
      throw PrecompileError.backendUnavailable(host.settings[0].wish, host.engine.location, reason)
    }
  }
}

/// One host's engine, and what it makes.
private struct EngineReport {
  let host: FoundHost
  let account: EngineAccount

  private var rows: [(settings: EngineSettings, result: Result<ArtifactIdentity, BackendUnavailable>)] {
    Array(zip(host.settings, account.identities))
  }

  var hasNothing: Bool { !account.identities.contains { (try? $0.get()) != nil } }

  /// What is set, but for the backend.
  private var settings: String? {
    guard let wish = host.settings.first?.wish, !wish.options.isEmpty else { return nil }
    return String(wish.description.dropFirst(wish.backend.rawValue.count + 2))
  }

  func text(memory: ByteCount) -> String {
    var table = TextTable([.left, .left])
    if let name = host.name { table.append(["host", name.printable]) }
    table.append(["library", "\(host.engine.location.path.printable) (\(host.engine.location.origin.name))"])
    if let settings { table.append(["settings", settings]) }
    for (one, result) in rows {
      switch result {
      case .success(let identity):
        table.append([
          one.backend.rawValue,
          "available, \(identity.compiler), build \(identity.build.hex.prefix(12)), target \(identity.target), "
            + "identity \(identity.shortDigest)",
        ])
      case .failure(let reason): table.append([one.backend.rawValue, "not available: \(reason.message.printable)"])
      }
    }
    if let confinement = account.confinement {
      table.append(["sandbox", "\(confinement.summary), \(memory) of memory"])
    }
    return table.text
  }

  /// The settings as a file, with what cannot stand in one as comments.
  var toml: String {
    guard let settings = host.settings.first else { return "" }
    var lines = ["# \(host.name?.printable ?? "an engine"), backend \(settings.backend.rawValue)"]
    for case .success(let identity) in account.identities {
      lines[0] += ", \(identity.compiler), identity \(identity.shortDigest)"
    }
    if settings.cpu != .native { lines.append("# --cpu \(settings.cpu)") }
    lines += host.differences.map { "# \($0.text.printable)" }
    return lines.map { $0 + "\n" }.joined() + settings.wholeConfiguration.toml
  }

  var json: [JSON] {
    rows.map { one, result in
      let identity = try? result.get()
      let reason: String? = if case .failure(let reason) = result { reason.message } else { nil }
      return [
        "type": "engine", "host": JSON(host.name), "library": JSON(host.engine.location.path),
        "backend": .string(one.backend.rawValue), "available": .bool(identity != nil), "reason": JSON(reason),
        "options": .object(one.wish.options.map { .init(name: $0.name, value: .string($0.value)) }),
        "version": JSON(identity?.version), "build": JSON(identity?.build.hex), "target": JSON(identity?.target),
        "identity": JSON(identity?.digest.hex), "engine": JSON(identity?.directoryName),
        "differences": .array(host.differences.map { .string($0.text) }),
      ]
    }
  }
}

extension CPUTarget {
  /// Each name with what the processor has.
  fileprivate static var table: String {
    var table = TextTable([.left, .left])
    for name in names { table.append([name, features(of: name)?.joined(separator: " ") ?? "what this machine has"]) }
    return table.text
  }

  fileprivate static func json(_ name: String) -> JSON {
    [
      "type": "processor", "name": .string(name),
      "features": features(of: name).map { .array($0.map { .string($0) }) } ?? .null,
    ]
  }
}

extension Confinement {
  /// `no files, network or signals (Landlock 7), few system calls (seccomp)`
  fileprivate var summary: String {
    let files =
      switch landlock {
      case 0: "without Landlock, which the kernel lacks or forbids"
      case 1...3: "no files (Landlock \(landlock))"
      case 4...5: "no files or network (Landlock \(landlock))"
      default: "no files, network or signals (Landlock \(landlock))"
      }
    let calls = filtersSystemCalls ? "few system calls (seccomp)" : "without seccomp, which the kernel lacks or forbids"
    return "\(files), \(calls)"
  }
}
